"""What the published past says about the present: counts and plain means first, a model beside them."""
