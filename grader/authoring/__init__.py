"""For whoever writes problems: proofs of them, beginnings of new ones, what students may have."""
