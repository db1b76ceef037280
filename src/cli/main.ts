#!/usr/bin/env node
// Import nothing before the check: older versions of Node.js fail to load the modules.
const REQUIRED = 24
/**
 * V8's young generation takes up to three of these for each thread, and rounds the limit up to a
 * power of two: 16 MiB. Measured: a minimum of 9 to 14 MiB is faster than 6, 8 or 16.
 */
const SEMI_SPACE_MIB = 9
const major = Number(process.versions.node.split('.')[0])

if (major < REQUIRED) {
  process.stderr.write(
    `workos-migrate needs Node.js ${REQUIRED} or later; this is ${process.versions.node} (${process.execPath}).\n` +
      `Install Node.js ${REQUIRED} from https://nodejs.org or with your version manager, then run the command again.\n`,
  )
  process.exitCode = 3
} else if (!hasFolder()) {
  process.stderr.write(
    'error: the working directory no longer exists [no_folder]\n  hint: change to an existing directory\n',
  )
  process.exitCode = 3
} else {
  // V8 can abort the process (`Check failed: jit_page.has_value()`, SIGTRAP) when it frees compiled
  // WebAssembly while threads start and end: https://github.com/nodejs/node/issues/64500. Without
  // the flag only the HTTP parser, a few kilobytes, would be freed.
  const { getHeapSpaceStatistics, setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--no-wasm-code-gc')
  // V8 lets the young generation of each thread grow to 128 MiB, most of the memory of a run. The
  // first two flags limit threads that start later. This thread already has its heap; stop its
  // growth at the same size.
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MIB}`)
  setFlagsFromString(`--min-semi-space-size=${SEMI_SPACE_MIB}`)
  const growing = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
    if (Number(young?.space_size) < 2 * SEMI_SPACE_MIB * 1024 * 1024) return
    setFlagsFromString('--semi-space-growth-factor=1')
    clearInterval(growing)
  }, 20).unref()
  const { keepCompiledCode } = await import('./compiled-code.ts')
  keepCompiledCode(process.env)
  const { outputRefusal } = await import('./output.ts')
  const { report, run } = await import('./run.ts')
  const { processContext } = await import('./context.ts')
  const context = processContext()
  process.once('uncaughtException', (error) => process.exit(report(error, context)))
  for (const [name, stream] of [
    ['standard output', process.stdout],
    ['standard error', process.stderr],
  ] as const) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A reader closed the pipe (head, less), or the terminal closed (EIO). Continue, because an
      // apply must finish cleanly.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw outputRefusal(error, name)
    })
  }
  process.exitCode = await run(process.argv.slice(2), context)
}

/** Without a working directory, Node.js throws wherever it resolves a relative path. */
function hasFolder(): boolean {
  try {
    process.cwd()
    return true
  } catch {
    return false
  }
}
