"""The words of every rule. A translation has the same placeholders as ``text``."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """``title`` names the rule, ``text`` says what was found, ``why`` what may come of it."""

    title: str
    text: str
    why: str


RULES = {
    "runs_as_root": Rule(
        "Runs as root",
        "Its processes run as root.",
        "Whoever breaks into the application is root in the container, may change every file that "
        "is mounted, and is one flaw of the kernel away from being root on the host.",
    ),
    "user_unset": Rule(
        "No user is set",
        "No user is set, so the image decides, and most images decide for root.",
        "Whoever breaks into the application is then root in the container, and may change every "
        "file that is mounted.",
    ),
    "starts_as_root": Rule(
        "Starts as root",
        "It starts as root; the image then gives root up by itself.",
        "Until then, and in every command that is run in the container, root is at hand.",
    ),
    "privileged": Rule(
        "Privileged",
        "It is privileged.",
        "A privileged container sees every device and may do all that the kernel allows: it can "
        "mount the host's disks and take the host over.",
    ),
    "docker_socket": Rule(
        "Docker socket mounted",
        "It can control the container engine through {paths}.",
        "Whoever controls the engine can start a privileged container, and so is root on the host.",
    ),
    "docker_socket_read_only": Rule(
        "Docker socket mounted read-only",
        "It can reach the container engine through {paths}, which is mounted read-only.",
        "Read-only protects the socket's file, not the engine: requests that change things still "
        "go through. Only a socket proxy can hold them back.",
    ),
    "docker_api_published": Rule(
        "Engine offered on the network",
        "It offers the container engine's API without a password on {ports}.",
        "Whoever reaches this port controls the engine, and so may become root on the host.",
    ),
    "host_network": Rule(
        "Host network",
        "It uses the host's network directly.",
        "Each of its ports is open to the whole network, and it reaches services that listen on "
        "the host's loopback address only.",
    ),
    "host_pid": Rule(
        "Host processes",
        "It sees all processes of the host.",
        "It can read their command lines and environment, and as root it can stop or take over any.",
    ),
    "host_ipc": Rule(
        "Host shared memory",
        "It shares the host's memory segments and message queues.",
        "It can read and change what the host's programs keep in shared memory.",
    ),
    "dangerous_capability": Rule(
        "Dangerous capability",
        "It has capabilities that reach beyond the container: {capabilities}.",
        "With these a program can reconfigure the host's network, read any file, load kernel "
        "modules or look into other processes.",
    ),
    "unconfined": Rule(
        "Confinement switched off",
        "A protection of the kernel is switched off: {options}.",
        "Seccomp, AppArmor and SELinux close the ways by which most break-outs went.",
    ),
    "no_new_privileges_missing": Rule(
        "New privileges are possible",
        "Its processes may gain new privileges.",
        "Without no-new-privileges a program that runs as an ordinary user can become root by a "
        "set-user-ID file of the image.",
    ),
    "host_device": Rule(
        "Host disk or memory",
        "It has direct access to {devices}.",
        "Who can write a disk or the memory past the file system can change anything on the host.",
    ),
    "sensitive_mount": Rule(
        "Sensitive host path",
        "Sensitive paths of the host are mounted: {paths}.",
        "They hold passwords, keys, or the data of everything else on this host.",
    ),
    "writable_system_mount": Rule(
        "Writable system path",
        "System files of the host can be changed from inside: {paths}.",
        "A fault or a break-in there changes how the host itself behaves.",
    ),
    "secret_in_environment": Rule(
        "Secret in the environment",
        "Secrets stand in plain environment variables: {names}.",
        "The environment is shown to everybody who may inspect the container, is inherited by every "
        "program in it, and ends in crash reports.",
    ),
    "default_password": Rule(
        "Default password",
        "These hold a password that everybody knows: {names}.",
        "The well-known passwords are the first that are tried.",
    ),
    "secret_in_command": Rule(
        "Secret in the command",
        "Secrets stand in the command line: {names}.",
        "Command lines are shown in every list of processes, on the host as well.",
    ),
    "published_everywhere": Rule(
        "Published on all addresses",
        "Ports are published on all of the host's addresses: {ports}.",
        "They are open to every device in the network, and Docker's rules go before the host's "
        "firewall.",
    ),
    "reached_from_outside": Rule(
        "Reached from outside",
        "Ports can be reached from the internet: {ports}.",
        "Ports that are open to the world are found and tried within hours.",
    ),
    "download_client_outside_vpn": Rule(
        "Download client outside the VPN",
        "It downloads past the VPN container {vpn}.",
        "Its traffic leaves with the home's own address, also when it was meant for the VPN.",
    ),
    "unpinned_image": Rule(
        "Image without a fixed version",
        "The image {image} has no fixed version.",
        "What runs changes with each pull, nobody can say which version worked, and there is none "
        "to go back to.",
    ),
    "no_healthcheck": Rule(
        "No health check",
        "Nothing checks whether it works.",
        "A program that hangs still counts as running, and nothing that waits for it knows when it "
        "is ready.",
    ),
    "no_memory_limit": Rule(
        "No memory limit",
        "It may use all of the host's memory.",
        "When memory runs out the kernel stops any program, often not the one that took it.",
    ),
    "no_cpu_limit": Rule(
        "No CPU limit",
        "It may use all of the host's processors.",
        "One program that runs wild makes everything else slow.",
    ),
    "no_restart_policy": Rule(
        "No restart policy",
        "It is not started again after a crash or a restart of the host.",
        "It stays down until somebody notices.",
    ),
    "log_without_rotation": Rule(
        "Log grows without limit",
        "Its log is never cut.",
        "A program that logs much fills the system disk, and then nothing on the host works.",
    ),
    "depends_without_condition": Rule(
        "Does not wait until ready",
        "It starts as soon as these are started, though they have health checks: {services}.",
        "It may fail or write wrong things while the other is not ready yet.",
    ),
    "one_default_network": Rule(
        "One network for all",
        "All services share the one default network: {services}.",
        "Each can talk to each: a break-in at the one that is open to the network reaches the "
        "databases of all others.",
    ),
    "secret_unused": Rule(
        "Secret not used",
        "These secrets are declared and given to no service: {names}.",
        "Either a service still takes the secret from elsewhere, or the file should be removed.",
    ),
    "secrets_not_used": Rule(
        "Secrets are not kept as secrets",
        "Services hold secrets in their environment, and the file has no secrets: {services}.",
        "Compose can hand a secret over as a file that only the service sees.",
    ),
    "world_writable_path": Rule(
        "Writable for everybody",
        "{path} on the host can be changed by everybody (mode {mode}).",
        "Every program and every user of the host, and whatever gets out of any container, can "
        "change or replace these files.",
    ),
    "administrator_owned_path": Rule(
        "Owned by an administrator",
        "{path} on the host belongs to an administrator ({owner}), and is written from the "
        "container.",
        "The container has to run as that administrator to write there, and then may write all else "
        "that belongs to it.",
    ),
}
