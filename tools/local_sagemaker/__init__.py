"""moto's SageMaker as the real one behaves: jobs that run, that can be stopped, and that describe all they were created with.

`install()` puts it in place of moto's own SageMaker, for `mock_aws` and for moto's server alike; call it before either starts.
"""

from tools.local_sagemaker.control import CONTROL, Call, Control
from tools.local_sagemaker.kinds import KINDS, Kind
from tools.local_sagemaker.response import install, set_created, set_members, set_status

__all__ = ["CONTROL", "KINDS", "Call", "Control", "Kind", "install", "set_created", "set_members", "set_status"]
