import { fileURLToPath } from 'node:url'
import {
  type InterfaceDeclaration,
  isClassDeclaration,
  isFunctionDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isMethodSignatureDeclaration,
  isPropertySignatureDeclaration,
  isVariableDeclaration,
  type Node,
  SyntaxKind,
} from 'typescript/unstable/ast'
import { API, type Project, type Symbol as TypeScriptSymbol } from 'typescript/unstable/sync'

/**
 * Writes docs/reference/api.md from the exports of src/index.ts and their comments. Fails if an
 * export names a type that is not exported, because readers could not look it up.
 */

const root = fileURLToPath(new URL('..', import.meta.url))

const PREAMBLE = `# API

<!-- Written by npm run docs from the declarations and comments of what src/index.ts exports. -->

This page lists the exports of \`workos-migrate\`: \`import { loadManifest, plan, apply, verify } from 'workos-migrate'\`. For a guide, see
[Use it as a library](../how-to/library.md). The declarations need TypeScript 5.7 or later, \`@types/node\`, and \`module: nodenext\` or \`moduleResolution: bundler\`. The package is an ES module.
`

/** Sections in order. Other exports go to Types. */
const SECTIONS: readonly [title: string, names: readonly string[]][] = [
  ['Functions', ['loadManifest', 'plan', 'apply', 'verify', 'run']],
  ['Runs', ['Running', 'RunEvent', 'RunOptions']],
  [
    'Options',
    [
      'LoadManifestOptions',
      'ReadOptions',
      'PlanOptions',
      'ApplyOptions',
      'ApplyFileOptions',
      'DeadlineOptions',
      'VerifyOptions',
      'World',
    ],
  ],
  ['Results', ['Manifest', 'Plan', 'Applied', 'Verification']],
]

/** Types whose members have their own tables elsewhere. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  Event: 'One event: [events](events.md) lists the types and their members.',
}

/** An export and its declaration. */
interface Exported {
  name: string
  symbol: TypeScriptSymbol
  declarations: Node[]
}

export function apiDocs(): string {
  const api = new API({ cwd: root })
  try {
    const [project] = api.updateSnapshot({ openProjects: ['tsconfig.build.json'] }).getProjects()
    if (project === undefined) throw new Error('tsconfig.build.json has no project')
    const all = exportsOf(project)
    refuseUnnamed(all, project)
    return pageOf(all)
  } finally {
    api.close()
  }
}

function exportsOf(project: Project): Exported[] {
  const { checker, program } = project
  const index = program.getSourceFile('src/index.ts')
  const module = index && checker.getSymbolAtLocation(index)
  if (module === undefined) throw new Error('src/index.ts exports nothing')
  return [...module.getExports().values()].map((exported) => {
    const symbol = targetOf(exported, project)
    return { name: exported.name, symbol, declarations: declarationsOf(symbol, project) }
  })
}

function targetOf(symbol: TypeScriptSymbol, { checker }: Project): TypeScriptSymbol {
  // Resolve an alias to its declaration.
  const isAlias = (symbol.flags & 0x200000) !== 0
  return isAlias ? checker.getAliasedSymbol(symbol) : symbol
}

function declarationsOf({ declarations }: TypeScriptSymbol, project: Project): Node[] {
  return declarations.map((handle) => handle.resolve(project)).filter((node) => node !== undefined)
}

/** @throws Error for a type that an export names but the module does not export */
function refuseUnnamed(all: readonly Exported[], project: Project): void {
  const known = new Set(all.map(({ symbol }) => symbol.id))
  const lost = new Set<string>()
  const look = (node: Node, of: string) => {
    if (node.kind === SyntaxKind.Block) return
    if (isIdentifier(node) && isTypeName(node)) {
      const found = project.checker.getSymbolAtLocation(node)
      const symbol = found && targetOf(found, project)
      if (symbol !== undefined && !known.has(symbol.id) && isOurs(symbol, project)) lost.add(`${node.text}, of ${of}`)
    }
    node.forEachChild((child) => look(child, of))
  }
  for (const { name, declarations } of all) {
    if (ELSEWHERE[name] === undefined) for (const node of declarations) look(node, name)
  }
  if (lost.size > 0) throw new Error(`src/index.ts does not export: ${[...lost].join('; ')}`)
}

function isTypeName({ parent }: Node): boolean {
  return parent.kind === SyntaxKind.TypeReference || parent.kind === SyntaxKind.ExpressionWithTypeArguments
}

function isOurs(symbol: TypeScriptSymbol, project: Project): boolean {
  return declarationsOf(symbol, project).some(
    (node) => node.kind !== SyntaxKind.TypeParameter && node.getSourceFile().fileName.startsWith(`${root}src/`),
  )
}

function pageOf(all: readonly Exported[]): string {
  const named = new Map(all.map((one) => [one.name, one]))
  const inSections = SECTIONS.map(([title, names]): [string, Exported[]] => [
    title,
    names.map((name) => {
      const found = named.get(name)
      if (found === undefined) throw new Error(`there is no export ${name}`)
      return found
    }),
  ])
  const placed = new Set(SECTIONS.flatMap(([, names]) => names))
  const rest = all.filter(({ name }) => !placed.has(name))
  const errors = rest.filter(({ declarations }) => declarations.some(isClassDeclaration))
  const values = rest.filter(({ declarations }) => declarations.some(isVariableDeclaration))
  const types = rest.filter((one) => !errors.includes(one) && !values.includes(one))
  const parts = [
    PREAMBLE,
    ...inSections.map(([title, list]) => section(title, list)),
    errorSection(errors),
    section('Values', values),
    section('Types', types),
  ]
  return `${parts.join('\n').trimEnd()}\n`
}

function section(title: string, list: readonly Exported[]): string {
  return [`## ${title}\n`, ...list.map(entry)].join('\n')
}

function entry({ name, declarations }: Exported): string {
  const elsewhere = ELSEWHERE[name]
  if (elsewhere !== undefined) return `### ${name}\n\n${elsewhere}\n`
  // List overloads singly, without the implementation.
  const shown = declarations.filter(
    (node) => !isFunctionDeclaration(node) || declarations.length === 1 || !hasBody(node),
  )
  const texts = shown.map((node) => {
    const parts = [commentOf(node), declarationOf(node)]
    return parts.filter((part) => part !== '').join('\n\n')
  })
  return `### ${name}\n\n${texts.join('\n\n')}\n`
}

function hasBody(node: Node): boolean {
  let found = false
  node.forEachChild((child) => {
    found ||= child.kind === SyntaxKind.Block
  })
  return found
}

function declarationOf(node: Node): string {
  if (isInterfaceDeclaration(node)) return membersOf(node)
  return `\`\`\`ts\n${signatureOf(node)}\n\`\`\``
}

/** The declaration without its body and without `export`. */
function signatureOf(node: Node): string {
  const text = textOf(node)
  const body = isFunctionDeclaration(node) ? childOf(node, SyntaxKind.Block) : undefined
  const head = body === undefined ? text : text.slice(0, body.getStart() - node.getStart())
  const declared = isVariableDeclaration(node) ? `const ${head}` : head
  // A typed constant needs no value.
  return declared
    .replace(/^export (async )?/, '')
    .replace(/^(const \w+: [^=]+?) = .*$/s, '$1')
    .trim()
}

function childOf(node: Node, kind: SyntaxKind): Node | undefined {
  let found: Node | undefined
  node.forEachChild((child) => {
    if (child.kind === kind) found ??= child
  })
  return found
}

function membersOf(node: InterfaceDeclaration): string {
  const bases = (node.heritageClauses ?? []).flatMap(({ types }) => types.map((base) => `\`${textOf(base)}\``))
  const rows = node.members.map((member) => {
    if (isPropertySignatureDeclaration(member)) {
      const name = textOf(member.name)
      const mark = member.postfixToken?.kind === SyntaxKind.QuestionToken ? '?' : ''
      return row(`${name}${mark}`, member.type === undefined ? '' : textOf(member.type), commentOf(member))
    }
    if (!isMethodSignatureDeclaration(member))
      throw new Error(`${textOf(member)} is not a member that this page can show`)
    const parameters = member.parameters.map(textOf).join(', ')
    return row(
      `${textOf(member.name)}(${parameters})`,
      member.type === undefined ? '' : textOf(member.type),
      commentOf(member),
    )
  })
  const extending = bases.length === 0 ? [] : [`Extends ${bases.join(', ')}.`]
  const table = rows.length === 0 ? [] : [`| Member | Type | |\n|---|---|---|\n${rows.join('\n')}`]
  return [...extending, ...table].join('\n\n')
}

function row(name: string, type: string, comment: string): string {
  const cells = [`\`${name}\``, `\`${type.replace(/\s+/g, ' ')}\``, comment.replace(/\s*\n+\s*/g, ' ')]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function errorSection(errors: readonly Exported[]): string {
  const base = errors.filter(({ name }) => name === 'OperatorError')
  const rows = errors
    .filter((one) => !base.includes(one))
    .map(({ name, declarations }) => {
      const text = declarations.map(textOf).join('')
      const exit = /exitCode = ExitCode\.(\w+)/.exec(text)?.[1] ?? ''
      return `| \`${name}\` | \`ExitCode.${exit}\` | ${declarations.map(commentOf).join(' ')} |`
    })
  return [
    '## Errors\n',
    ...base.map(({ declarations }) => `${declarations.map(commentOf).join(' ')}\n`),
    'A run rejects with one of these classes: an `OperatorError` with `problems`, each with `code`, `message` and usually `hint` and `at`. Its',
    '`code`, `hint` and `at` are those of the first problem. `exitCode` is the exit code of the command line.\n',
    '| Class | Exit code | |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function commentOf(node: Node): string {
  const holder = isVariableDeclaration(node) ? node.parent.parent : node
  const text = holder.getSourceFile().text.slice(holder.getFullStart(), holder.getStart())
  const comments = [...text.matchAll(/\/\*\*(.*?)\*\//gs)]
  const lines = (comments.at(-1)?.[1] ?? '').split('\n').map((line) => line.replace(/^\s*\* ?/, '').trim())
  const [told = '', ...tags] = lines.join('\n').split(/@(?=throws |param )/)
  const paragraphs = [told, ...tags.map((tag) => tag.replace(/^throws /, 'Throws ').replace(/^param (\w+) /, '`$1`: '))]
  return paragraphs
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map((paragraph, index) => (index === 0 || /[.!?]$/.test(paragraph) ? paragraph : `${paragraph}.`))
    .join('\n\n')
}

function textOf(node: Node): string {
  return node.getSourceFile().text.slice(node.getStart(), node.getEnd())
}
