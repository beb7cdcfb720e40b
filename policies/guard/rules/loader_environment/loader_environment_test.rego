package guard.rules.loader_environment_test

import data.guard.rules.loader_environment as rule

_config := {
	"level": "deny",
	"variables": ["LD_PRELOAD", "PYTHONPATH", "BASH_ENV", "PIP_INDEX_URL"],
	"trusted_paths": ["/usr", "/opt/conda"],
}

_job(name, value) := {
	"environment": [
		{"slot": "Environment", "name": "STAGE", "value": "/opt/ml/code"},
		{"slot": "Environment", "name": name, "value": value},
	],
	"hyperparameters": [],
}

_finding(name) := {
	"message": sprintf("The variable %s in Environment may load code from outside the image.", [name]),
	"details": {"config": "rules.loader_environment", "slot": "Environment", "setting": name},
}

test_allow_places_of_the_image[value] if {
	some value in [
		"",
		" ",
		"/usr",
		"/usr/lib/libjemalloc.so",
		"/usr/lib:/opt/conda/lib",
		":/usr/lib:",
		"/usr/lib/a.so /usr/lib/b.so",
		"/usr//lib/./a.so",
	]
	r := rule.findings with input as _job("LD_PRELOAD", value)
		with data.guard.config.rules.loader_environment as _config
	r == set()
}

test_deny_places_of_the_owner[value] if {
	some value in [
		"/opt/ml/input/data/code/evil.so",
		"/opt/ml/code",
		"/usr/lib:/opt/ml/code",
		"/usr/lib/a.so,/tmp/evil.so",
		"/usr/lib/a.so;/tmp/evil.so",
		"/usr/lib/a.so /tmp/evil.so",
		"/usr/../opt/ml/code",
		"/usr/lib/ssl/certs/../../../opt/ml/input/data/train/evil.so",
		"/usr/lib/../lib64/a.so",
		"file:/usr/lib/a.so",
		"file:///usr/lib/a.so",
		"/usrlocal/evil.so",
		"/opt/conda-evil",
		"lib/evil.so",
		".",
		"$ORIGIN/evil.so",
		"s3://bucket/evil.so",
		"file:///opt/ml/code/simple",
		"file://localhost/opt/ml/code/simple",
		"https://host.example/usr/simple /opt/ml/code",
		"http://:/opt/ml/input/data/train/evil.so",
		"https://host.example/simple",
	]
	r := rule.findings with input as _job("LD_PRELOAD", value)
		with data.guard.config.rules.loader_environment as _config
	r == {_finding("LD_PRELOAD")}
}

_resumed(name, value, folder) := object.union(_job(name, value), {"storage": {"outputs": [{
	"name": "CheckpointConfig",
	"local_path": folder,
}]}})

test_deny_places_that_a_checkpoint_is_restored_to[folder] if {
	some folder in [
		"/usr/lib/x",
		"/usr/lib/",
		"/usr",
		"/",
		"/opt/../usr/lib/x",
		"/a/b/c/d/e/f/g/../../../../../../../usr/lib/x",
		"../usr/lib/x",
		"",
	]
	r := rule.findings with input as _resumed("LD_PRELOAD", "/usr/lib/x/evil.so", folder)
		with data.guard.config.rules.loader_environment as _config
	r == {_finding("LD_PRELOAD")}
}

_linked := object.union(_config, {"trusted_paths": ["/usr", "/lib64", "/bin"]})

test_deny_places_that_a_checkpoint_is_restored_to_through_a_link[place] if {
	some [place, folder] in [
		["/usr/lib/x/a.so", "/lib/x"],
		["/lib64/x/a.so", "/usr/lib64/x"],
		["/bin/x", "/bin"],
	]
	r := rule.findings with input as _resumed("LD_PRELOAD", place, folder)
		with data.guard.config.rules.loader_environment as _linked
	r == {_finding("LD_PRELOAD")}
}

test_allow_places_beside_a_checkpoint[folder] if {
	some folder in [null, "/opt/ml/checkpoints", "/usr/lib/x/y", "/usr/lib/xy", "/libx/x", "/opt/lib/x"]
	r := rule.findings with input as _resumed("LD_PRELOAD", "/usr/lib/x/a.so", folder)
		with data.guard.config.rules.loader_environment as _config
	r == set()
}

test_an_empty_entry_of_a_search_path_is_the_current_folder[value] if {
	some value in [":", ":/usr/lib", "/usr/lib:", "/usr/lib::/opt/conda/lib"]
	r := rule.findings with input as _job("PYTHONPATH", value)
		with data.guard.config.rules.loader_environment as _config
	r == {_finding("PYTHONPATH")}
}

test_an_empty_bundle_of_certificates_verifies_nothing[[name, value]] if {
	config := object.union(_config, {"variables": ["AWS_CA_BUNDLE", "AWS_CA_BUNDLE_NAME", "SSL_CERT_FILE"]})
	some [name, value, expected] in [
		["AWS_CA_BUNDLE", "", {_finding("AWS_CA_BUNDLE")}],
		["AWS_CA_BUNDLE", "/opt/ml/input/data/x/ca.pem", {_finding("AWS_CA_BUNDLE")}],
		["AWS_CA_BUNDLE", "/usr/lib/ssl/cert.pem", set()],
		["AWS_CA_BUNDLE_NAME", "", set()],
		["SSL_CERT_FILE", "", set()],
	]
	r := rule.findings with input as _job(name, value) with data.guard.config.rules.loader_environment as config
	r == expected
}

test_a_search_path_may_be_empty_or_full[value] if {
	some value in ["", " ", "/usr/lib", "/usr/lib:/opt/conda/lib"]
	r := rule.findings with input as _job("PYTHONPATH", value)
		with data.guard.config.rules.loader_environment as _config
	r == set()
}

test_web_addresses_are_left_to_another_rule[value] if {
	some value in [
		"https://host.example/simple",
		"http://host.example/a:b HTTPS://host.example/c,d",
		"a-b.2=https://host.example/simple c=http://host.example",
	]
	every name in ["PIP_INDEX_URL", "UV_FIND_LINKS"] {
		config := object.union(_config, {"variables": [name]})
		r := rule.findings with input as _job(name, replace(value, ",d", ""))
			with data.guard.config.rules.loader_environment as config
		r == set()
	}
}

# For the dynamic linker, shells and Python a colon ends a place.
test_web_addresses_are_places_to_what_installs_no_packages[name] if {
	some name in ["LD_PRELOAD", "PYTHONPATH", "BASH_ENV", "XPIP_INDEX_URL"]
	config := object.union(_config, {"variables": [name]})
	r := rule.findings with input as _job(name, "https://x:/usr/lib/a.so")
		with data.guard.config.rules.loader_environment as config
	r == {_finding(name)}
}

test_names_compare_with_regard_to_case if {
	config := {"variables": ["PIP_TARGET", "npm_config_prefix"], "trusted_paths": []}
	every name in ["PIP_TARGET", "NPM_config_Prefix"] {
		r := rule.findings with input as _job(name, "/tmp") with data.guard.config.rules.loader_environment as config
		r == {_finding(name)}
	}
	every name in ["pip_target", "Pip_Target"] {
		r := rule.findings with input as _job(name, "/tmp") with data.guard.config.rules.loader_environment as config
		r == set()
	}
}

test_allow_other_names[name] if {
	some name in ["PYTHONPATHS", "XPYTHONPATH", "PATH", "pythonpath"]
	r := rule.findings with input as _job(name, "/opt/ml/code")
		with data.guard.config.rules.loader_environment as _config
	r == set()
}

test_allow_a_setting_without_a_name_where_no_variable_is_listed if {
	r := rule.findings with input as _job("", "/opt/ml/code")
		with data.guard.config.rules.loader_environment as {"variables": [], "options": {}, "trusted_paths": []}
	r == set()
}

test_deny_everything_when_the_parameters_are_missing if {
	every rules in [{}, {"loader_environment": {"variables": null, "trusted_paths": null}}] {
		r := rule.findings with input as _job("A", "/usr/lib") with data.guard.config.rules as rules
		r == {_finding("A"), _finding("STAGE")}
	}
	without := rule.findings with input as _job("PYTHONPATH", "/usr/lib")
		with data.guard.config.rules.loader_environment as {"variables": ["PYTHONPATH"], "trusted_paths": {"a": "/usr"}}
	without == {_finding("PYTHONPATH")}
}

_interpreters := {
	"variables": ["LD_PRELOAD"],
	"options": {
		"JAVA_TOOL_OPTIONS": `-(?:javaagent|agentpath):([^\s=,]+)`,
		"RUBYOPT": `-r\S*`,
		"GIT_SSH_COMMAND": `-i \S+|-F (\S+)|^(\S*/\S*)`,
	},
	"trusted_paths": ["/usr"],
}

_option(name, variable) := {
	"message": sprintf("The variable %s in Environment may make an interpreter load the owner's code.", [name]),
	"details": {
		"config": sprintf("rules.loader_environment.options.%s", [variable]),
		"slot": "Environment",
		"setting": name,
	},
}

test_deny_options_that_load_code_of_the_owner[value] if {
	some value in [
		"-javaagent:/opt/ml/x.jar",
		"-Xmx4g -agentpath:/opt/ml/x.so=a",
		"-javaagent:/usr/a.jar -javaagent:x.jar",
		"-javaagent:/usr/../opt/ml/x.jar",
	]
	r := rule.findings with input as _job("JAVA_TOOL_OPTIONS", value)
		with data.guard.config.rules.loader_environment as _interpreters
	r == {_option("JAVA_TOOL_OPTIONS", "JAVA_TOOL_OPTIONS")}
}

test_each_place_that_an_option_names_counts[value] if {
	some value in [
		"-javaagent:/usr/lib/a.jar:/opt/ml/x.jar",
		`-javaagent:"/opt/ml/x.jar"`,
		"-javaagent:'/usr/lib/a.jar':'/opt/ml/x.jar'",
		"-javaagent:file:/opt/ml/x.jar",
	]
	r := rule.findings with input as _job("JAVA_TOOL_OPTIONS", value)
		with data.guard.config.rules.loader_environment as _interpreters
	r == {_option("JAVA_TOOL_OPTIONS", "JAVA_TOOL_OPTIONS")}
}

test_each_group_of_an_expression_counts[value] if {
	some value in [
		"ssh -F /opt/ml/c",
		"/opt/ml/ssh",
		"/opt/ml/ssh -i k",
		"/usr/bin/ssh -F /opt/ml/c",
		"ssh -F file:/usr/c",
	]
	r := rule.findings with input as _job("GIT_SSH_COMMAND", value)
		with data.guard.config.rules.loader_environment as _interpreters
	r == {_option("GIT_SSH_COMMAND", "GIT_SSH_COMMAND")}
}

test_what_no_group_finds_is_no_place[value] if {
	some value in ["ssh -i /opt/ml/key", "/usr/bin/ssh -i /opt/ml/key -F /usr/c"]
	r := rule.findings with input as _job("GIT_SSH_COMMAND", value)
		with data.guard.config.rules.loader_environment as _interpreters
	r == set()
}

test_deny_options_without_a_group if {
	r := rule.findings with input as _job("RUBYOPT", "-W0 -r/usr/lib/x.rb")
		with data.guard.config.rules.loader_environment as _interpreters
	r == {_option("RUBYOPT", "RUBYOPT")}
}

_hyperparameter(name) := {
	"environment": [],
	"hyperparameters": [{"slot": "HyperParameters", "name": name, "value": "-x A=/opt/ml/x"}],
}

_mpi := {"variables": ["sagemaker_mpi", "MPI"], "options": {"sagemaker_mpi": `=(\S+)`, "MPI": `=(\S+)`}}

test_deny_options_in_a_hyperparameter_of_sagemakers_own if {
	r := rule.findings with input as _hyperparameter("sagemaker_mpi")
		with data.guard.config.rules.loader_environment as _mpi
	r == {{
		"message": "The variable sagemaker_mpi in HyperParameters may make an interpreter load the owner's code.",
		"details": {
			"config": "rules.loader_environment.options.sagemaker_mpi",
			"slot": "HyperParameters",
			"setting": "sagemaker_mpi",
		},
	}}
}

test_allow_hyperparameters_named_like_variables if {
	r := rule.findings with input as _hyperparameter("MPI") with data.guard.config.rules.loader_environment as _mpi
	r == set()
}

test_allow_other_options[value] if {
	some value in [
		"",
		"-Xmx4g -Djava.io.tmpdir=/tmp",
		"-javaagent:/usr/lib/otel.jar=x",
		"-XX:HeapDumpPath=/opt/ml/output",
	]
	r := rule.findings with input as _job("JAVA_TOOL_OPTIONS", value)
		with data.guard.config.rules.loader_environment as _interpreters
	r == set()
}

test_allow_options_of_variables_that_are_not_listed[name] if {
	some name in ["XRUBYOPT", "rubyopt"]
	r := rule.findings with input as _job(name, "-rx")
		with data.guard.config.rules.loader_environment as _interpreters
	r == set()
}

test_allow_options_when_they_are_no_mapping if {
	r := rule.findings with input as _job("RUBYOPT", "-rx")
		with data.guard.config.rules.loader_environment as object.union(_interpreters, {"options": ["-r"]})
	r == set()
}

test_allow_when_no_variable_is_listed if {
	r := rule.findings with input as _job("LD_PRELOAD", "/tmp/evil.so")
		with data.guard.config.rules.loader_environment as {"variables": [], "trusted_paths": []}
	r == set()
}

test_remediation_says_what_to_do if contains(rule.remediation, "image")
