"""What the portal costs against the plainest code that does the same: `make bench`."""
