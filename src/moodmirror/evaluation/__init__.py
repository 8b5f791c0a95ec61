"""Readers and recommenders measured on data; needs no extra."""
