"""The file of a penalty case: what it holds, who may read it, and its exhibits."""
