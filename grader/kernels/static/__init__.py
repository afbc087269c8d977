"""Facts of compiled code, without a GPU; needs the optional extra `[gpu]`."""
