"""School terms and exceptional days, copied from the registry's calendar; which days are school days."""
