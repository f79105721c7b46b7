/**
 * The scripts for Windows, which nothing here can run: read by a grammar of PowerShell, and all that they call
 * held against what there is: functions of their own, cmdlets of PowerShell 5.1, certready's command line.
 */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { before, it, suite } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import treeSitter, { type Node } from '@vscode/tree-sitter-wasm';
import { withDescendants } from '../../agent/completion/command-line.ts';
import { programDefinition } from '../../packaging/definitions.ts';

/** Cmdlets of PowerShell 5.1 (about_Modules: Core, Management, Utility, CimCmdlets), and parameters of theirs. */
const cmdlets: Readonly<Record<string, readonly string[]>> = {
  'Copy-Item': ['-Destination', '-Force', '-LiteralPath'],
  'ForEach-Object': [],
  'Get-ChildItem': ['-File', '-Force', '-LiteralPath', '-Recurse'],
  'Get-CimInstance': ['-ClassName'],
  'Get-FileHash': ['-Algorithm', '-LiteralPath'],
  'Get-Service': ['-ErrorAction', '-Name'],
  'Join-Path': [],
  'New-Item': ['-Force', '-ItemType', '-Path'],
  'New-Object': [],
  'Out-Null': [],
  'Remove-Item': ['-Force', '-LiteralPath', '-Recurse'],
  'Resolve-Path': ['-LiteralPath'],
  'Set-StrictMode': ['-Version'],
  'Split-Path': ['-Parent'],
  'Stop-Service': ['-Name'],
  'Test-Path': ['-LiteralPath'],
  'Unblock-File': ['-LiteralPath'],
  'Where-Object': [],
  'Write-Host': [],
  'Write-Verbose': [],
};

let parser: treeSitter.Parser;
before(async () => {
  // It reads two pages: V8 would optimize the parser for longer than that takes, and wait for it
  setFlagsFromString('--liftoff-only');
  await treeSitter.Parser.init();
  const require = createRequire(import.meta.url);
  const folder = require.resolve('@vscode/tree-sitter-wasm/package.json');
  const grammar = new URL('wasm/tree-sitter-powershell.wasm', `file://${folder}`);
  parser = new treeSitter.Parser();
  parser.setLanguage(await treeSitter.Language.load(await readFile(grammar)));
});

const below = (node: Node, type: string): Node[] =>
  node.descendantsOfType(type).filter((found) => found !== null);

const rootOf = (source: string): Node => {
  const tree = parser.parse(source);
  assert.ok(tree);
  return tree.rootNode;
};

/** Of a list of texts such as `@('service', 'stop', '--name', $Name)`: the words before the first option, and the options. */
const commandOf = (list: Node): { words: string[]; flags: string[] } => {
  const texts = below(list, 'verbatim_string_characters').map(({ text }) => text.slice(1, -1));
  const flags = texts.filter((text) => text.startsWith('--'));
  const end = texts.findIndex((text) => text.startsWith('--'));
  return { words: end === -1 ? texts : texts.slice(0, end), flags };
};

const scripts = ['windows/install.ps1', 'fleet/windows/Install-CertreadyFleet.ps1'] as const;
for (const path of scripts)
  suite(path, () => {
    let root: Node;
    before(async () => {
      root = rootOf(await readFile(new URL(`../../packaging/${path}`, import.meta.url), 'utf8'));
    });

    it('is PowerShell', () => {
      assert.equal(root.hasError, false, String(root));
    });

    it('calls its own functions, all of them, and cmdlets that there are', () => {
      const own = below(root, 'function_name').map(({ text }) => text);
      const called = new Set<string>();
      for (const command of below(root, 'command')) {
        const name = command.childForFieldName('command_name');
        if (name?.type !== 'command_name') continue; // & a program
        called.add(name.text);
        if (own.includes(name.text)) continue;
        const elements = command.childForFieldName('command_elements');
        const parameters = (elements?.children ?? [])
          .filter((element) => element?.type === 'command_parameter')
          .map((element) => element?.text ?? '');
        const allowed = cmdlets[name.text];
        assert.ok(allowed, name.text);
        for (const parameter of parameters)
          assert.ok(allowed.includes(parameter), `${name.text} ${parameter}`);
      }
      assert.deepEqual(
        own.filter((name) => !called.has(name)),
        [],
      );
    });

    it('asks of certready what it can do', () => {
      const program = programDefinition();
      const known = new Map(
        withDescendants(program).map(({ path: [, ...words], options }) => [
          words.join(' '),
          [...options, ...program.options].flatMap(({ flags }) => flags),
        ]),
      );
      const asked = below(root, 'array_expression')
        .map(commandOf)
        .filter(({ words: [first] }) => first === 'service' || first === 'config');
      for (const { words, flags } of asked) {
        const options = known.get(words.join(' '));
        assert.ok(options, words.join(' '));
        for (const flag of flags) assert.ok(options.includes(flag), `${words.join(' ')} ${flag}`);
      }
      const verbs = new Set(asked.map(({ words }) => words.join(' ')));
      for (const verb of ['config check', 'service install', 'service start', 'service uninstall'])
        assert.ok(verbs.has(verb), verb);
    });
  });

it('the grammar tells what is not PowerShell', () => {
  for (const broken of ['function A (\n  B }', "if ($a) { 'b' ", '@(1, 2', '"a'])
    assert.equal(rootOf(broken).hasError, true, broken);
});
