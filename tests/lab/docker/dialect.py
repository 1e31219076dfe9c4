"""The differences between engines that speak Docker's API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """How one engine deviates; the defaults are those of Docker 28.5.

    * `conflict_status`: status of a taken name or a second pause.
    * `errors_with_cause`: errors as {"cause", "message", "response"} instead of {"message"}.
    * `update_missing`: POST update answers 404 "Not Found" as text.
    * `stopped_stats_status`: status of statistics of a stopped container; 204 means 200 with an
      empty body.
    * `exited_word`: the state after a container has ended.
    * `health_works`: whether health checks ever leave "starting".
    """

    name: str
    version: str
    api_version: str
    min_api_version: str
    server: str
    component: str = "Engine"
    conflict_status: int = 409
    errors_with_cause: bool = False
    update_missing: bool = False
    has_distribution: bool = True
    has_swarm: bool = True
    stopped_stats_status: int = 200
    exited_word: str = "exited"
    image_prefix: str = ""
    destroy_action: str = "destroy"
    exit_code_key: str = "exitCode"
    health_works: bool = True
    empty_digest_list: bool = False
    logs_content_type: str = ""
    second_timestamps: bool = False


DOCKER = Dialect("docker", "28.5.2", "1.51", "1.24", "Docker/28.5.2 (linux)")
PODMAN_5 = Dialect(
    "podman",
    "5.4.2",
    "1.41",
    "1.24",
    "Libpod/5.4.2 (linux)",
    component="Podman Engine",
    conflict_status=500,
    errors_with_cause=True,
    has_distribution=False,
    has_swarm=False,
    stopped_stats_status=500,
    image_prefix="docker.io/",
    destroy_action="remove",
    exit_code_key="containerExitCode",
    health_works=False,
    logs_content_type="application/octet-stream",
    second_timestamps=True,
)
PODMAN_4 = Dialect(
    "podman-4",
    "4.3.1",
    "1.41",
    "1.24",
    "Libpod/4.3.1 (linux)",
    component="Podman Engine",
    conflict_status=500,
    errors_with_cause=True,
    update_missing=True,
    has_distribution=False,
    has_swarm=False,
    stopped_stats_status=204,
    exited_word="stopped",
    image_prefix="docker.io/",
    destroy_action="remove",
    exit_code_key="containerExitCode",
    health_works=False,
    empty_digest_list=True,
    logs_content_type="application/octet-stream",
    second_timestamps=True,
)
DIALECTS = {dialect.name: dialect for dialect in (DOCKER, PODMAN_5, PODMAN_4)}
