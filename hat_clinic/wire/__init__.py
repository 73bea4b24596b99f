"""Strict models of requests and views; what a body may say and nothing more."""
