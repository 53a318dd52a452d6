"""The API for programs, /api/v1: who may come in, how a "no" looks, and the document that describes it all."""
