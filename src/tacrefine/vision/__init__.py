"""What a camera sees of the table: its geometry, image crops and where the object stands."""
