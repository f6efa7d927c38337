"""Work that goes from one team to another: a team is dissolved, a street is given to its neighbours."""
