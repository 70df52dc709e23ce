"""The model case at any size, with known truth: made up, and unmistakably so.

Everything about a person is a function of the seed and the person's number, so that files of any
size are written in bounded memory and the same seed writes the same bytes.
"""
