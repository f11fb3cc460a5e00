# Runs inside BinderHub (extraConfig): whose word is taken for a client's address.
#
# BinderHub counts launches per client address (RateLimiter) and asks tornado to believe
# X-Real-Ip, else the last address of X-Forwarded-For. There is no setting for either, so
# this sets them where BinderHub's server reads them. A tornado without these names stops
# BinderHub here, rather than leaving the limit open.
import json
import os

from tornado import httpserver

_clients = json.loads(os.environ["BINDERHUB_CLIENT_ADDRESSES"])
_context = httpserver._HTTPRequestContext
_apply_xheaders = _context._apply_xheaders


def _apply_trusted(self, headers):
    if not _clients["realIp"]:
        # Nobody between the client and here sets it: the client itself wrote it.
        headers.pop("X-Real-Ip", None)
    if not _clients["forwarded"]:
        headers.pop("X-Forwarded-For", None)
    self.trusted_downstream = {*self.trusted_downstream, *_clients["proxies"]}
    _apply_xheaders(self, headers)


_context._apply_xheaders = _apply_trusted
