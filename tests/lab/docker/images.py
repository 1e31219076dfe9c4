"""The simulated engine's routes about images, networks and the registry."""

from __future__ import annotations

import json
from typing import Any, override

from aiohttp import web

from ..clock import rfc3339
from .containers import ContainerRoutes
from .logs import truth
from .model import EngineError, Image, Network
from .render import image_entry


class SimulatedEngine(ContainerRoutes):
    """A simulated Docker Engine: `FurnishedEngine` behind `HttpServer`.

    async with SimulatedEngine() as engine:
        engine.add("web", "nginx:1.27", project="site", health="healthy")
        ...  # talk to engine.url
        engine.die("web", exit_code=1)
    """

    @override
    def routes(self, app: web.Application) -> None:
        self.route(app, "GET", "/images/json", self._images)
        self.route(app, "POST", "/images/create", self._pull)
        self.route(app, "POST", "/images/prune", self._prune_images)
        self.route(app, "GET", "/images/{name:.+}/json", self._image)
        self.route(app, "POST", "/images/{name:.+}/tag", self._tag)
        self.route(app, "DELETE", "/images/{name:.+}", self._delete_image)
        self.route(app, "GET", "/distribution/{name:.+}/json", self._distribution)
        self.route(app, "GET", "/networks", self._networks)
        self.route(app, "POST", "/networks/create", self._create_network)
        self.route(app, "GET", "/networks/{id}", self._network)
        self.route(app, "DELETE", "/networks/{id}", self._delete_network)
        self.route(app, "POST", "/networks/{id}/connect", self._join)
        self.route(app, "POST", "/networks/{id}/disconnect", self._leave)
        super().routes(app)

    # -- images -----------------------------------------------------------------------------------

    async def _images(self, request: web.Request) -> web.StreamResponse:
        if self.dialect.empty_digest_list and truth(request.query.get("digests")):
            return self.empty(200)
        return self.json([image_entry(self, image) for image in self.unique_images()])

    async def _image(self, request: web.Request) -> web.StreamResponse:
        image = self.find_image(request.match_info["name"])
        config: dict[str, Any] = {
            "Cmd": image.command,
            "Entrypoint": None,
            "Env": None,
            "Labels": image.labels or None,
            "OnBuild": None,
            "User": "",
            "Volumes": None,
            "WorkingDir": "",
        }
        if image.healthcheck:
            config["Healthcheck"] = {"Test": image.healthcheck}
        return self.json(
            {
                "Id": image.id,
                "RepoTags": image.tags,
                "RepoDigests": image.digests,
                "Parent": "",
                "Comment": "",
                "Created": rfc3339(image.created),
                "DockerVersion": "",
                "Author": "",
                "Architecture": "amd64",
                "Os": "linux",
                "Size": image.size,
                "GraphDriver": {"Data": {}, "Name": "overlay2"},
                "RootFS": {"Type": "layers", "Layers": [image.id]},
                "Metadata": {"LastTagTime": rfc3339(image.tag_time)},
                "Config": config,
            }
        )

    async def _tag(self, request: web.Request) -> web.StreamResponse:
        image = self.find_image(request.match_info["name"])
        ref = self.normalize(f"{request.query['repo']}:{request.query.get('tag') or 'latest'}")
        holder = self.images.get(ref)
        if holder is not None and ref in holder.tags:
            holder.tags.remove(ref)
        image.tags.append(ref)
        self.images[ref] = image
        self.bus.publish("image", "tag", image.id, {"name": ref})
        return self.empty(201)

    async def _delete_image(self, request: web.Request) -> web.StreamResponse:
        image = self.find_image(request.match_info["name"])
        users = [c for c in self.containers.values() if c.image.id == image.id]
        if users and not truth(request.query.get("force")):
            name = request.match_info["name"]
            raise EngineError(
                409,
                f'conflict: unable to remove repository reference "{name}" (must force) - container '
                f"{users[0].id[:12]} is using its referenced image {image.id[7:19]}",
            )
        return self.json(self._drop(image))

    def _drop(self, image: Image) -> list[dict[str, str]]:
        self.images = {ref: kept for ref, kept in self.images.items() if kept.id != image.id}
        self.bus.publish("image", "delete", image.id, {"name": image.id})
        return [*({"Untagged": tag} for tag in image.tags), {"Deleted": image.id}]

    async def _prune_images(self, request: web.Request) -> web.StreamResponse:
        used = {container.image.id for container in self.containers.values()}
        unused = [i for i in self.unique_images() if i.id not in used and not i.tags]
        deleted = [entry for image in unused for entry in self._drop(image)]
        space = sum(image.size for image in unused)
        return self.json({"ImagesDeleted": deleted or None, "SpaceReclaimed": space})

    async def _distribution(self, request: web.Request) -> web.StreamResponse:
        ref = request.match_info["name"]
        image = self.registry.get(self.normalize(ref))
        if not self.dialect.has_distribution:
            raise EngineError(404, "page not found")
        if image is None or not image.digests:
            raise EngineError(404, "manifest unknown: manifest unknown")
        media = "application/vnd.docker.distribution.manifest.v2+json"
        digest = image.digests[0].rsplit("@", 1)[1]
        platform = {"architecture": "amd64", "os": "linux"}
        return self.json(
            {
                "Descriptor": {"mediaType": media, "digest": digest, "size": 527},
                "Platforms": [platform],
            }
        )

    async def _pull(self, request: web.Request) -> web.StreamResponse:
        name, tag = request.query.get("fromImage", ""), request.query.get("tag", "")
        joined = name if not tag else f"{name}{'@' if ':' in tag else ':'}{tag}"
        ref = self.normalize(joined)
        image = self.registry.get(ref)
        if image is None:
            raise EngineError(
                404, f"manifest for {ref} not found: manifest unknown: manifest unknown"
            )
        before = self.images.get(ref)
        response = await self.stream(request, "application/json")
        for line in self._pull_lines(ref, image, before):
            await response.write(json.dumps(line).encode() + b"\r\n")
        if before is not None and before is not image and ref in before.tags:
            before.tags.remove(ref)
            self.images[before.id] = before
        self.images[ref] = image
        image.tag_time = self.clock.stamp()
        self.bus.publish("image", "pull", ref, {"name": ref.rsplit(":", 1)[0]})
        return response

    def _pull_lines(self, ref: str, image: Image, before: Image | None) -> list[dict[str, Any]]:
        repository, tag = ref.rsplit(":", 1)
        lines: list[dict[str, Any]] = [{"status": f"Pulling from {repository}", "id": tag}]
        layer = image.id[7:19]
        fresh = before is None or before.id != image.id
        for part in (1, 2, 4) if fresh else ():
            detail = {"current": image.size * part // 4, "total": image.size}
            lines.append({"status": "Downloading", "progressDetail": detail, "id": layer})
        if fresh:
            lines.append({"status": "Pull complete", "progressDetail": {}, "id": layer})
        lines.append({"status": f"Digest: {image.digests[0].rsplit('@', 1)[1]}"})
        word = "Downloaded newer image for" if fresh else "Image is up to date for"
        return [*lines, {"status": f"Status: {word} {ref}"}]

    # -- networks ---------------------------------------------------------------------------------

    def _find_network(self, ref: str) -> Network:
        for network in self.networks.values():
            if ref in (network.name, network.id):
                return network
        raise EngineError(404, f"network {ref} not found")

    def _network_entry(self, network: Network) -> dict[str, Any]:
        config = [{"Subnet": network.subnet, "Gateway": network.gateway}]
        return {
            "Name": network.name,
            "Id": network.id,
            "Created": rfc3339(network.created),
            "Scope": "local",
            "Driver": network.driver,
            "EnableIPv4": True,
            "EnableIPv6": False,
            "IPAM": {
                "Driver": "default",
                "Options": None,
                "Config": config if network.subnet else None,
            },
            "Internal": False,
            "Attachable": False,
            "Ingress": False,
            "ConfigFrom": {"Network": ""},
            "ConfigOnly": False,
            "Containers": {},
            "Options": {},
            "Labels": network.labels,
        }

    async def _networks(self, request: web.Request) -> web.StreamResponse:
        return self.json([self._network_entry(network) for network in self.networks.values()])

    async def _network(self, request: web.Request) -> web.StreamResponse:
        network = self._find_network(request.match_info["id"])
        attached = {
            identity: {
                "Name": self.containers[identity].name,
                "EndpointID": identity,
                "MacAddress": "",
                "IPv4Address": f"{address}/16" if address else "",
                "IPv6Address": "",
            }
            for identity, address in network.containers.items()
            if identity in self.containers
        }
        return self.json({**self._network_entry(network), "Containers": attached})

    async def _create_network(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        name = body.get("Name", "")
        if name in self.networks:
            raise EngineError(409, f"network with name {name} already exists")
        network = self.add_network(name, **(body.get("Labels") or {}))
        return self.json({"Id": network.id, "Warning": ""}, status=201)

    async def _delete_network(self, request: web.Request) -> web.StreamResponse:
        network = self._find_network(request.match_info["id"])
        users = [self.containers[i] for i in network.containers if i in self.containers]
        if users:
            raise EngineError(
                403,
                f"error while removing network: network {network.name} has active endpoints "
                f'(name:"{users[0].name}" id:"{users[0].id[:12]}")',
            )
        del self.networks[network.name]
        self.network_event("destroy", network, None)
        return self.empty(204)

    async def _join(self, request: web.Request) -> web.StreamResponse:
        network = self._find_network(request.match_info["id"])
        container = self.find((await request.json())["Container"])
        if network.name in container.networks:
            raise EngineError(
                403, f"endpoint with name {container.name} already exists in network {network.name}"
            )
        container.networks.append(network.name)
        if container.alive:
            self.connect(container, network.name)
        return self.empty(200)

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        network = self._find_network(request.match_info["id"])
        container = self.find((await request.json())["Container"])
        if network.name not in container.networks:
            raise EngineError(
                403, f"container {container.id} is not connected to network {network.name}"
            )
        container.networks = [n for n in container.networks if n != network.name] or ["none"]
        network.containers.pop(container.id, None)
        self.network_event("disconnect", network, container)
        return self.empty(200)
