"""What `curate lint` does: check, repair, print; once, or whenever a file changes."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from curate.baseline import write_baseline
from curate.caching import lint_cached
from curate.cli.command import Invocation
from curate.errors import EXIT_BUG, EXIT_CLEAN, EXIT_FINDINGS, EXIT_USER_ERROR, UserError
from curate.linting import Source, sources_of
from curate.output import renderer, text
from curate.plurals import counted
from curate.reading import refusal
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.report import LintReport
from curate.sources import COMPRESSIONS, KINDS, STDIN, content_of, suffixes
from curate.suppressions import add_suppressions
from curate.writing import atomic_write, protect

if TYPE_CHECKING:
    from curate import fixing

# The page lists so many findings of a rule; more would not be read, and browsers would suffer.
HTML_FINDINGS_PER_RULE = 200


def run(invocation: Invocation) -> int:
    """Check, and print what is wrong."""
    options = invocation.options(LintOptions, "lint")
    data = invocation.options(DataOptions, "data")
    if options.show_settings:
        _print_settings(invocation, options, data)
        return EXIT_CLEAN
    if options.add_suppressions and not options.reason:
        raise UserError("--add-suppressions needs --reason: say why the findings are accepted")
    names = invocation.arguments.files
    if not names and not (options.train or options.val or options.test or options.run):
        names = ["."]
    with contextlib.ExitStack() as stack:
        sources = [_readable(s, options, stack) for s in sources_of(names, options)]
        protect((s.path for s in sources), (options.output, options.write_baseline))
        if options.show_files:
            _write_out(f"{source.shown}\n" for source in sources)
            return EXIT_CLEAN
        if options.watch:
            if STDIN in map(str, names):
                raise UserError("--watch cannot watch standard input")
            return _watch(names, options, data)
        return _once(sources, options, data)


def _once(sources: Sequence[Source], options: LintOptions, data: DataOptions) -> int:
    """One check. Of several files, those that cannot be read are told; the others are checked."""
    own = [s for s in sources if s.role != "reference"]
    refused = {s.path: why for s in own if (why := refusal(s.path))} if len(own) > 1 else {}
    if refused and len(refused) == len({s.path for s in own}):
        raise UserError(next(iter(refused.values())))
    code = _checked([s for s in sources if s.path not in refused], options, data)
    for why in refused.values():
        _say(f"curate: {why}", sys.stderr)
    if refused:
        _say(f"curate: {len(refused)} of {counted(len(own), 'file')} not checked", sys.stderr)
    return EXIT_USER_ERROR if refused and code != EXIT_BUG else code


def _checked(sources: Sequence[Source], options: LintOptions, data: DataOptions) -> int:
    if options.fix or options.fix_only or options.unsafe_fixes or options.diff:
        return _fix(sources, options, data)
    report = lint_cached(sources, options, data, keep_per_rule=_kept(options))
    if options.write_baseline is not None:
        count = write_baseline(options.write_baseline, report.findings)
        _say(f"wrote {counted(count, 'known finding')} to {options.write_baseline}", sys.stderr)
        return EXIT_CLEAN
    if options.add_suppressions:
        count = add_suppressions(options, report.findings)
        _say(f"added {counted(count, 'suppression')} to {options.suppressions}", sys.stderr)
        return EXIT_CLEAN
    _show(report, options, sys.stdout)
    return _exit_code(report, options)


def _kept(options: LintOptions) -> int | None:
    """How many findings of each rule the output will show."""
    if options.write_baseline or options.add_suppressions:
        return None
    if options.statistics:
        return 0
    if options.output_format == "html":
        return HTML_FINDINGS_PER_RULE
    return (options.max_per_rule or None) if options.output_format == "text" else None


def _exit_code(report: LintReport, options: LintOptions) -> int:
    broken = [item for item in report.not_assessed if item.failed]
    for item in broken:  # some of the output formats have no place for it
        print(f"curate: rule {item.code} ({item.name}): {item.reason}", file=sys.stderr)
    if broken:
        return EXIT_BUG
    if options.exit_zero or not report.fails(options.fail_on):
        return EXIT_CLEAN
    return EXIT_FINDINGS


def _fix(sources: Sequence[Source], options: LintOptions, data: DataOptions) -> int:
    from curate import fixing

    unsafe = options.unsafe_fixes
    with fixing.temporary_folder() as folder:
        repaired = fixing.fix(sources, options, data, unsafe=unsafe, folder=folder)
        if options.diff:
            _write_out(fixing.diff(repaired, sources))
            _say(f"would make {_made(repaired)}", sys.stderr)
            would = bool(repaired.copies) and not options.exit_zero
            return EXIT_FINDINGS if would else EXIT_CLEAN
        # The repaired standard input goes to standard output, so that findings must not.
        piped = repaired.copies.pop(STDIN, None) or _unchanged(sources)
        stream = sys.stderr if piped else sys.stdout
        written = fixing.write(repaired, sources)
        if piped:
            with open(piped, "rb") as content:
                shutil.copyfileobj(content, sys.stdout.buffer)
        if not options.fix_only:
            _show(_limited(repaired.report, _kept(options)), options, stream)
        if options.output_format == "text":
            _say(f"made {_made(repaired)}", stream)
            for path in written:
                _say(f"wrote {path}", stream)
        for path, why in repaired.refused.items():
            _say(f"{path}: not repaired: {why}", sys.stderr)
    return EXIT_CLEAN if options.fix_only else _exit_code(repaired.report, options)


def _unchanged(sources: Sequence[Source]) -> str | None:
    return next((s.path for s in sources if s.shown == STDIN), None)


def _made(repaired: fixing.Repaired) -> str:
    each = ", ".join(f"{count:,} of {code}" for code, count in sorted(repaired.counts.items()))
    return counted(repaired.total, "repair") + (f" ({each})" if each else "")


def _limited(report: LintReport, keep: int | None) -> LintReport:
    if keep is None:
        return report
    seen: Counter[str] = Counter()
    findings = []
    for finding in report.findings:
        seen[finding.code] += 1
        if seen[finding.code] <= keep:
            findings.append(finding)
    return report.model_copy(update={"findings": tuple(findings)})


def _show(report: LintReport, options: LintOptions, stream: TextIO) -> None:
    """Print the report, or write it to `--output` and print only its summary."""
    if options.output is not None:
        with atomic_write(options.output) as file:
            for piece in _rendered(report, options, colour=False):
                file.write(piece.encode("utf-8"))
        if options.output_format == "text" or stream is sys.stdout:
            _write_out(text.closing(report, colour=_coloured(stream)), stream)
        return
    _write_out(_rendered(report, options, colour=_coloured(stream)), stream)


def _rendered(report: LintReport, options: LintOptions, *, colour: bool) -> Iterator[str]:
    if options.output_format != "text":
        return renderer(options.output_format)(report)
    if options.statistics:
        return text.statistics(report, colour=colour)
    return text.render(report, colour=colour)


def _write_out(pieces: Iterable[str], stream: TextIO | None = None) -> None:
    out = sys.stdout if stream is None else stream
    # The terminal may not be able to show every character of the data.
    encoding = out.encoding or "utf-8"
    for piece in pieces:
        out.write(piece.encode(encoding, "backslashreplace").decode(encoding))
    out.flush()


def _say(line: str, stream: TextIO) -> None:
    _write_out((line + "\n",), stream)


def _coloured(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _readable(source: Source, options: LintOptions, stack: contextlib.ExitStack) -> Source:
    """Standard input as a file that can be read twice; other sources as they are."""
    if source.path != STDIN:
        return source
    name = options.stdin_filename or STDIN
    suffix, compression = suffixes(name)
    if name != STDIN and suffix not in KINDS:
        raise UserError(
            f"--stdin-filename {name}: expected a name that ends in one of {', '.join(KINDS)}"
        )
    from curate.fixing import temporary_folder

    folder = stack.enter_context(temporary_folder())
    path = os.path.join(folder, f"stdin{suffix or '.jsonl'}{compression}")
    with open(path, "wb") as file:
        head = sys.stdin.buffer.read(16)
        if name == STDIN:
            _refuse_unnamed(head)
        file.write(head)
        shutil.copyfileobj(sys.stdin.buffer, file)
    return replace(source, path=path, shown=name)


def _refuse_unnamed(head: bytes) -> None:
    """Raise UserError where standard input begins as something that only a name could tell how to read."""
    content = content_of(head)
    if content is None:
        return
    suffix, description = content
    name = f"rows{suffix}" if suffix in KINDS else f"rows.jsonl{suffix}"
    known = suffix in KINDS or suffix in COMPRESSIONS
    hint = f"; say so with --stdin-filename {name}" if known else ""
    raise UserError(f"standard input is {description}{hint}")


def _print_settings(invocation: Invocation, options: LintOptions, data: DataOptions) -> None:
    where = invocation.config.path
    lines = [f"# configuration file: {where if where else 'none found'}\n"]
    for table, group in (("data", data), ("lint", options)):
        lines.append(f"\n[{table}]\n")
        values = group.model_dump(mode="json")
        for name, value in values.items():
            origin = invocation.origins[table].get(name, "default")
            lines.append(f"{name.replace('_', '-')} = {_toml(value)}  # {origin}\n")
    _write_out(lines)


def _toml(value: object) -> str:
    import json

    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    return "''" if value is None else json.dumps(value, ensure_ascii=False)


def _watch(names: Sequence[str], options: LintOptions, data: DataOptions) -> int:
    """Check again whenever a file changes, until Ctrl-C: files come, go and are broken meanwhile."""
    from curate.cli.watching import changes

    def sources() -> list[Source]:
        """The files as they are now, without the report that each check writes."""
        report = options.output and os.path.realpath(options.output)
        return [s for s in sources_of(names, options) if os.path.realpath(s.path) != report]

    def watched() -> list[str]:
        settings = [os.fspath(f) for f in (options.suppressions, options.baseline) if f]
        settings += [options.contract] if options.contract else []
        try:
            return [s.path for s in sources()] + settings
        except UserError:  # an editor may put a file aside for a moment; the check will tell
            return settings

    code = EXIT_CLEAN
    for _ in changes(watched):
        if sys.stdout.isatty():
            _write_out(["\033[2J\033[H"])
        try:
            code = _once(sources(), options, data)
        except (UserError, OSError) as error:
            _say(f"curate: {error}", sys.stderr)
        _say("watching; Ctrl-C ends", sys.stderr)
    return code
