"""English as shoppers write it: sentences, words, opinions and what they are about.  Knows no data set and no domain."""
