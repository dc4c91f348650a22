"""The attributes of each kind of resource: as the guard defines them, and as AWS answers.

A module has `expected`, which makes attributes of the guard's data, and `deployed`, which makes the
same of AWS's answers. Neither calls AWS. `reprieve.status.compare` compares the two.

A field of the guard's dataclass is an attribute, unless `NOT_COMPARED` gives a reason why not.
"""
