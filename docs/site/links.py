"""Finds what is wrong with the links of a folder of pages: files and anchors that are not there, and other hosts' resources."""
import os
import posixpath
from html.parser import HTMLParser
from urllib.parse import unquote


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.links, self.loads = set(), [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        for name in ("src", "href"):
            if tag != "a" and given.get(name):
                self.loads.append(given[name])


def read(out):
    pages = {}
    for folder, _, names in os.walk(out):
        for name in names:
            if name.endswith(".html"):
                path = os.path.join(folder, name)
                page = Page()
                with open(path, encoding="utf-8") as file:
                    page.feed(file.read())
                pages[posixpath.relpath(path, out)] = page
    return pages


def is_outside(address):
    return "://" in address or address.startswith(("mailto:", "//"))


def faults(out):
    """One sentence for each link that leads nowhere."""
    pages, found = read(out), []
    for name, page in sorted(pages.items()):
        for address in page.loads:
            if is_outside(address) or address.startswith("data:"):
                found.append(f"{name} loads {address} from elsewhere.")
        for address in page.links + page.loads:
            if is_outside(address) or address.startswith("data:"):
                continue
            path, _, anchor = address.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path))) if path else name
            if not os.path.isfile(os.path.join(out, target)):
                found.append(f"{name} links to {address}, which is not there.")
            elif anchor and target in pages and unquote(anchor) not in pages[target].ids:
                found.append(f"{name} links to {address}, and that page has no such heading.")
    return found
