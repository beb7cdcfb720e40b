"""moto's SageMaker as the real one behaves: jobs that run, that can be stopped, and that describe all they were created with.

`install()` puts it in place of moto's own SageMaker, for `mock_aws` and for moto's server alike; call it before either starts.
"""

from tests.support.sagemaker_moto.control import CONTROL, Call, Control
from tests.support.sagemaker_moto.kinds import KINDS, Kind
from tests.support.sagemaker_moto.response import install, set_members, set_status

__all__ = ["CONTROL", "KINDS", "Call", "Control", "Kind", "install", "set_members", "set_status"]
