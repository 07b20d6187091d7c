"""Finds what is wrong with fine-tuning data, removes what is there twice, trains, watches."""
