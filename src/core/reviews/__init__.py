"""Reviews of venues by people who were there, and the ratings that follow from them."""
