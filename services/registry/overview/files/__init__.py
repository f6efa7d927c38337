"""One institution, one file (一机构一档): everything that ever happened to it, whichever service saw it."""
