#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: api_ready
short_description: Wait until one backend of an API really serves
version_added: 0.1.0
description:
  - Asks one nova-api or placement-api at its own address and not through the virtual address, until its version document and authenticated
    requests have answered as they should.
  - A port that listens, and even a version document, prove little. The authenticated request needs the backend's way to Keystone, its policy and
    its database. It reads at most one server, or a resource provider that does not exist, and writes nothing.
  - Use it before a backend gets requests again, and to warm one that was just started, whose first requests are slow.
  - Refused and reset connections, timeouts, and other answers than V(200) are looked at again until the time is up, V(401) as well, since
    the backend's own way to Keystone may just be starting. V(403) fails at once.
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
  - stackroll.nova.openstack
attributes:
  check_mode:
    details:
      - In check mode there is one look, no waiting, and no failure of a backend that is not ready.
options:
  service:
    description:
      - Which API it is.
    type: str
    choices:
      - compute
      - placement
    required: true
  url:
    description:
      - Root of the API at this backend, as seen from the host on which the module runs. The version document lies there.
      - All requests go there, with a token that is good for the whole cloud. The path of the versioned API, such as C(/v2.1), is added
        from the version document. Links in answers are not followed, because they name the virtual address.
    type: str
    required: true
  ca_file:
    description:
      - Path of a bundle of certificate authorities to verify this backend with.
      - Without it, the backend is verified as the cloud is, see O(ca_cert) and O(validate_certs). With it, it is verified also where
        the configuration of the cloud says otherwise, unless O(validate_certs=false).
      - The certificate must name the address that O(url) has.
    type: path
  timeout:
    description:
      - How many seconds to wait.
      - A look that has begun in time is finished, so that the wait may be longer by as long as its requests take.
    type: int
    default: 60
  interval:
    description:
      - How many seconds to wait between two looks.
    type: float
    default: 0.5
  request_timeout:
    description:
      - How many seconds one request to the backend may take, from connecting to the end of the answer.
    type: float
    default: 10
  requests:
    description:
      - How many authenticated requests in a row must succeed, one after the other and each over a connection of its own.
      - With a few times as many as the backend has workers, most likely all of them have answered.
    type: int
    default: 1
  expected_max_version:
    description:
      - The newest microversion that the version document must name, such as V(2.103), by which the new release is told from the old one.
    type: str
notes:
  - Proxies are not used, and redirects not followed.
  - The token is issued once, at the Keystone of the cloud. It is in no result and no message.
seealso:
  - module: stackroll.nova.haproxy_server
  - module: stackroll.nova.compute_ready
"""

EXAMPLES = r"""
- name: Wait until the restarted nova-api of a controller serves, and warm it
  stackroll.nova.api_ready:
    cloud: production
    service: compute
    url: http://192.0.2.11:8774
    requests: 8
    expected_max_version: "2.103"

- name: Wait until its placement-api serves
  stackroll.nova.api_ready:
    cloud: production
    service: placement
    url: https://ctl1.example.com:8778
    ca_file: /etc/pki/internal-ca.pem
"""

RETURN = r"""
ready:
  description: Whether the backend serves. Outside check mode it does, or the module fails.
  returned: once the cloud is connected
  type: bool
  sample: true
versions:
  description: The oldest and the newest microversion that the backend speaks, null when its version document was not seen in the last look.
  returned: once the cloud is connected
  type: dict
  sample: {min: "2.1", max: "2.103"}
answers:
  description: How many seconds the slowest answer of the last look took, null when there was none.
  returned: once the cloud is connected
  type: float
  sample: 0.041
waited:
  description: Seconds from the first look to the end of the last one.
  returned: once the cloud is connected
  type: float
  sample: 3.207
tries:
  description: How many looks there were.
  returned: once the cloud is connected
  type: int
  sample: 6
waiting_for:
  description: What the backend lacks, null when it is ready.
  returned: once the cloud is connected
  type: str
  sample: null
last_answer:
  description: What it has answered instead, null when it is ready.
  returned: once the cloud is connected
  type: str
  sample: null
api:
  description: How many requests were sent to Keystone, and how many of them could change something. Those to the backend are not counted.
  returned: once the cloud is connected
  type: dict
  sample: {requests: 1, writes: 0}
"""

from typing import Any, NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.api.backend import (
    SERVICES,
    Backend,
    Look,
    root_of,
    wire_for,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import (
    cloud_argument_spec,
    hide_secrets,
    open_cloud,
)
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline, look_until
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule, option

OPTIONS: dict[str, Any] = {
    "service": option("str", choices=list(SERVICES), required=True),
    "url": option("str", required=True),
    "ca_file": option("path"),
    "timeout": option("int", 60),
    "interval": option("float", 0.5),
    "request_timeout": option("float", 10),
    "requests": option("int", 1),
    "expected_max_version": option("str"),
}


class Waiting:
    """Looks at one backend, and says what is left."""

    def __init__(self, module: StackrollModule, backend: Backend) -> None:
        self.backend = backend
        self.once = module.check_mode
        self.wanted = (module.params["requests"], module.params["expected_max_version"])
        self.deadline = Deadline(module.params["timeout"], module.params["interval"])
        self.tries = 0
        self.seen = Look()

    def wait(self) -> Result:
        """The module's result. Raises WaitTimeout, and StackrollError where waiting does not help."""
        return look_until(self.look, lambda _result: self.left(), self.deadline, once=self.once)

    def look(self) -> Result:
        """One look, as the module's result."""
        self.seen = self.backend.look(*self.wanted)
        self.tries += 1
        result = {**self.seen.to_dict(), "waited": round(self.deadline.elapsed, 3), "tries": self.tries}
        if self.seen.refused and not self.once:
            raise StackrollError(
                f"{self.backend.name} refuses the account: {self.seen.last_answer}.", self.seen.remedy, result
            )
        return result

    def left(self) -> str:
        """What there is still to wait for; nothing when it is ready."""
        if self.seen.waiting_for is None:
            return ""
        after = f"{self.backend.name} is not ready after {round(self.deadline.elapsed, 1):g} s"
        return f"{after}, waiting for {self.seen.waiting_for}: {self.seen.last_answer}. {self.seen.remedy}"


def wait(module: StackrollModule) -> Result:
    """Get a token, and wait for the backend; in check mode only look."""
    hide_secrets(module)
    params = module.params
    module.hide([params["url"].rpartition("@")[0]])
    for name, least in (("requests", 1), ("request_timeout", 0.001)):
        if params[name] < least:
            raise InvalidInput(f"The option {name} is {params[name]}, which would prove nothing.", "Give a larger one.")
    root = root_of(params["url"])
    cloud = open_cloud(module)
    token = cloud.token()
    module.hide([token])
    wire = wire_for(cloud.session.verify, cloud.session.cert, params)
    return Waiting(module, Backend(params["service"], root, wire, token)).wait()


def main() -> NoReturn:
    """Options in, what was seen out."""
    module = StackrollModule(argument_spec=cloud_argument_spec(**OPTIONS))
    module.run(wait)


if __name__ == "__main__":
    main()
