/**
 * npm run package:check
 *
 * Packs the package and checks it as users get it. publint and Are the Types Wrong check the
 * archive. Then the example of examples/library and the code of the guide are type-checked against
 * the unpacked package, by this compiler with all declarations and by an older one.
 */
import './build.ts'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const bin = (name: string) => join(modules, '.bin', name)
/** Are the Types Wrong, and a compiler of version 5. */
const wrongTypes = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')
const olderCompiler = createRequire(createRequire(wrongTypes).resolve('@arethetypeswrong/core')).resolve(
  'typescript/bin/tsc',
)

const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-package-'))
try {
  const archive = pack()
  await lint(archive)
  const attw = join(dirname(wrongTypes), 'dist/index.js')
  run('the declarations, by how they are imported', process.execPath, [attw, archive, '--no-emoji'])
  const consumer = install(archive)
  run('example and guide, checked with TypeScript 7', bin('tsc'), ['-p', consumer])
  // The declarations need TypeScript 5.7. Older versions read them with skipLibCheck, as most
  // projects do.
  run('example and guide, checked with TypeScript 5', process.execPath, [
    olderCompiler,
    '-p',
    consumer,
    '--skipLibCheck',
  ])
  process.stdout.write('the package is valid\n')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** The archive that npm would publish, from the current build. */
function pack(): string {
  const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`)
  return join(folder, stdout.trim())
}

async function lint(archive: string): Promise<void> {
  process.stdout.write('publint\n')
  const tarball = new Uint8Array(readFileSync(archive)).buffer
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
  for (const message of messages) process.stdout.write(`${formatMessage(message, pkg) ?? message.code}\n`)
  if (messages.length > 0) throw new Error('publint found problems')
}

/** A project with the package, its dependencies and the types of Node.js. */
function install(archive: string): string {
  const consumer = join(folder, 'consumer')
  const installed = join(consumer, 'node_modules/workos-migrate')
  mkdirSync(installed, { recursive: true })
  run('', 'tar', ['-xzf', archive, '-C', installed, '--strip-components=1'])
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types']) {
    const link = join(consumer, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(modules, name), link, 'dir')
  }
  cpSync(join(root, 'examples/library/migrate.ts'), join(consumer, 'migrate.ts'))
  writeFileSync(join(consumer, 'guide.ts'), guide(readFileSync(join(root, 'docs/how-to/library.md'), 'utf8')))
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  }
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['migrate.ts', 'guide.ts'] }))
  return consumer
}

/** The code of the guide as a module, with a function for each block. */
function guide(page: string): string {
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? '')
  const imports = /^import \{ (.*) \} from 'workos-migrate'\n/gm
  const names = new Set([
    'type Plan',
    ...blocks.flatMap((block) => [...block.matchAll(imports)].flatMap(([, list = '']) => list.split(', '))),
  ])
  const functions = blocks.map(
    (block, index) => `export async function block${index}(planned: Plan) {{\n${block.replace(imports, '')}}}\n`,
  )
  return [`import { ${[...names].join(', ')} } from 'workos-migrate'\n`, ...functions].join('\n')
}

function run(what: string, command: string, args: readonly string[]): void {
  if (what !== '') process.stdout.write(`${what}\n`)
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${what === '' ? command : what}: exit code ${status}`)
}
