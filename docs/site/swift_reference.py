"""The reference of the Swift libraries, from their own comments: symbol graphs by the compiler, made into documents by DocC. Its pages
need a server, so its documents (render JSON) are made into pages here: one for a library and for each type, members included."""
import html
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

# A library, and where the C headers are that its module imports.
LIBRARIES = [
    ("SeatcastClient", ["Sources/SeatcastClient/CClient/include"]),
    # Of PostgreSQL's only where the module was built with the cluster.
    ("ControlPlane", ["Sources/ControlPlane/Persistence/CSQLite", "Sources/ControlPlane/Auth/CCrypto",
                      "Sources/ControlPlane/Persistence/Postgres/CPostgres"]),
    ("FanoutCore", ["Sources/CUVShim/include"]),
]
TYPES = ("module", "class", "struct", "enum", "protocol", "extension")


def run(words, root):
    ran = subprocess.run(words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ran.returncode != 0 or "warning:" in ran.stdout:
        sys.exit(f"seatcast: {' '.join(words[:2])} has something to say:\n{ran.stdout}")
    return ran.stdout


def modules_of(root):
    for library, _ in LIBRARIES:
        run(["swift", "build", "--target", library], root)
    return os.path.join(run(["swift", "build", "--show-bin-path"], root).strip(), "Modules")


def system_headers():
    """Where Debian has PostgreSQL's headers, as words for the compiler."""
    if not shutil.which("pkg-config"):
        return []
    found = subprocess.run(["pkg-config", "--cflags-only-I", "libpq"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return [word for flag in found.stdout.split() for word in ("-Xcc", flag)]


def find_docc():
    """It lies beside the compiler."""
    swift = shutil.which("swift")
    docc = swift and os.path.join(os.path.dirname(os.path.realpath(swift)), "docc")
    return docc if docc and os.path.exists(docc) else None


def target_triple(root):
    return re.search(r'"triple"\s*:\s*"([^"]+)"', run(["swift", "-print-target-info"], root)).group(1)


def convert(docc, root, modules, library, headers, work):
    """DocC's documents of a library, by their address."""
    graphs, archive = os.path.join(work, library), os.path.join(work, library + ".doccarchive")
    os.mkdir(graphs)
    run(["swift", "symbolgraph-extract", "-module-name", library, "-I", modules, "-target", target_triple(root),
         "-output-dir", graphs, "-minimum-access-level", "public", "-skip-synthesized-members"]
        + [word for header in headers for word in ("-I", header)] + system_headers(), root)
    run([docc, "convert", "--additional-symbol-graph-dir", graphs, "--output-dir", archive,
         "--fallback-display-name", library, "--fallback-bundle-identifier", "seatcast." + library]
        # The planes are not for other programs: of their parameters only those are described that need it.
        + (["--disable-parameters-and-returns-validation"] if library != "SeatcastClient" else []), root)
    documents = {}
    for folder, _, names in os.walk(os.path.join(archive, "data/documentation")):
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                document = json.load(file)
            documents[document["identifier"]["url"]] = document
    return documents


class Library:
    """The documents of one library, and the pages made of them."""

    def __init__(self, documents):
        self.documents = documents

    def is_type(self, address):
        document = self.documents.get(address)
        metadata = document["metadata"] if document else {}
        return metadata.get("symbolKind") in TYPES or metadata.get("role") == "collection"

    def page(self, address):
        return "swift/" + address.split("/documentation/")[1].lower() + ".html"

    def link(self, here, address, words):
        """To a page, or to a member on the page of its type."""
        if address not in self.documents:
            return words
        owner = address if self.is_type(address) else address.rpartition("/")[0]
        if not self.is_type(owner):
            return words
        target = quote(posixpath.relpath(self.page(owner), posixpath.dirname(here)))
        anchor = "" if owner == address else "#" + quote(address.rpartition("/")[2])
        return f'<a href="{target}{anchor}">{words}</a>'

    def inline(self, content):
        made = []
        for part in content or []:
            kind = part["type"]
            if kind == "text":
                made.append(html.escape(part["text"]))
            elif kind == "codeVoice":
                made.append(f"<code>{html.escape(part['code'])}</code>")
            elif "inlineContent" in part:
                made.append(self.inline(part["inlineContent"]))
        return "".join(made)

    def blocks(self, content):
        made = []
        for part in content:
            kind = part["type"]
            if kind == "paragraph":
                made.append(f"<p>{self.inline(part['inlineContent'])}</p>")
            elif kind == "aside":
                made.append(f"<p>{html.escape(part.get('name', 'Note'))}: {self.blocks(part['content'])[3:]}")
            elif kind in ("unorderedList", "orderedList"):
                items = "".join(f"<li>{self.blocks(item['content'])}</li>" for item in part["items"])
                made.append(f"<ul>{items}</ul>")
            elif kind == "codeListing":
                made.append(f"<pre tabindex=\"0\"><code>{html.escape(chr(10).join(part['code']))}</code></pre>")
            elif kind != "heading":  # "Discussion" and "Return Value" go without saying
                sys.exit(f"seatcast: the reference cannot show DocC's {kind}")
        return "".join(made)

    def description(self, document, level):
        """Declaration, abstract, parameters and discussion."""
        made = []
        for section in document.get("primaryContentSections", []):
            if section["kind"] == "declarations":
                text = "".join(token["text"] for token in section["declarations"][0]["tokens"])
                made.insert(0, f'<pre class="declaration"><code>{html.escape(text)}</code></pre>')
                if document.get("abstract"):
                    made.insert(1, f"<p>{self.inline(document['abstract'])}</p>")
            elif section["kind"] == "parameters":
                made += ["<dl>"] + [f"<dt>{html.escape(one['name'])}</dt><dd>{self.blocks(one['content'])}</dd>"
                                    for one in section["parameters"]] + ["</dl>"]
            elif section["kind"] == "content":
                made.append(self.blocks(section["content"]))
        return "".join(made)

    def type_page(self, address):
        """The title and the text of the page of a type, or of the library itself."""
        document = self.documents[address]
        title, here = document["metadata"]["title"], self.page(address)
        owner = address.rpartition("/")[0]
        way = self.link(here, owner, html.escape(owner.rpartition("/")[2])) if self.is_type(owner) else ""
        made = [f"<p>{way}</p>" if way else "", f"<h1>{html.escape(title)}</h1>", self.description(document, 2)]
        for section in document.get("topicSections", []):
            if section["title"] == "Default Implementations":
                continue
            made.append(f"<h2>{html.escape(section['title'])}</h2>")
            for member in section["identifiers"]:
                if member not in self.documents:
                    continue
                other = self.documents[member]
                words = html.escape(other["metadata"]["title"])
                if self.is_type(member):
                    abstract = self.inline(other.get("abstract"))
                    made.append(f"<p>{self.link(here, member, words)}{': ' + abstract if abstract else ''}</p>")
                else:
                    name = html.escape(member.rpartition("/")[2])
                    made.append(f'<h3 id="{name}">{words}</h3>{self.description(other, 3)}')
        return title, "".join(made)


def make(site, modules):
    """Gives the entries of the navigation, and each page with its title and its text."""
    docc = find_docc()
    if not docc:
        print("==> No docc beside the Swift compiler; the reference of the Swift libraries is left out")
        return [], []
    modules = modules or modules_of(site.root)
    entries, made = [], []
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor() as threads:
        documents = threads.map(lambda one: convert(docc, site.root, modules, *one, work), LIBRARIES)
        for (name, _), library in zip(LIBRARIES, map(Library, documents)):
            entries.append((name, f"swift/{name.lower()}.html"))
            for address in sorted(library.documents):
                if library.is_type(address):
                    page = library.page(address)
                    title, body = library.type_page(address)
                    made.append((page, title, body))
                    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
                    site.search.append([name, title, page, text])
    return entries, made
