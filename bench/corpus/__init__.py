"""Transforms over one small shop: good ones, and broken ones made of them. What a check is measured by."""
