"""A SageMaker for moto that behaves like the real one: jobs run, can be stopped, and are described with all their parameters.

`install()` replaces moto's own SageMaker, for `mock_aws` and for moto's server; call it before either starts.
"""

from tools.local_sagemaker.control import CONTROL, Call, Control
from tools.local_sagemaker.kinds import KINDS, Kind
from tools.local_sagemaker.response import install, set_created, set_members, set_status

__all__ = ["CONTROL", "KINDS", "Call", "Control", "Kind", "install", "set_created", "set_members", "set_status"]
