"""PaXini GEN2 arrays: serial frames with head, tail and checksum; three axes a taxel."""
