"""Triangle meshes of the user's own: read, closed, measured. Needs the packages of the extra ``mesh``."""
