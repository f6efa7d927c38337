"""Random inspections (双随机、一公开): who is visited by whom is drawn from a seed that was promised before."""
