#!/usr/bin/env node
// Nothing may be imported before the check: older versions of Node fail to load what the program
// needs.
const REQUIRED = 24
/** The young generation of a thread is two or three of these. */
const SEMI_SPACE_MIB = 6
const major = Number(process.versions.node.split('.')[0])

if (major < REQUIRED) {
  process.stderr.write(
    `workos-migrate needs Node.js ${REQUIRED} or later; this is ${process.versions.node} (${process.execPath}).\n` +
      `Install Node.js ${REQUIRED} from https://nodejs.org or with your version manager, then run the command again.\n`,
  )
  process.exitCode = 3
} else if (!hasFolder()) {
  process.stderr.write(
    'error: the folder that the command runs in was removed [no_folder]\n  hint: change to one that exists\n',
  )
  process.exitCode = 3
} else {
  // V8 may abort the process (`Check failed: jit_page.has_value()`, SIGTRAP) when it frees compiled
  // WebAssembly while threads start and end: https://github.com/nodejs/node/issues/64500. The HTTP
  // parser is all the WebAssembly here, and a few kilobytes that stay.
  const { getHeapSpaceStatistics, setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--no-wasm-code-gc')
  // V8 lets the young generation of each thread grow to 128 MiB, which is most of what a run would
  // take. Threads that start later obey the first two flags; this one has its heap already, and
  // stops growing it once it is as large.
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MIB}`)
  setFlagsFromString(`--min-semi-space-size=${SEMI_SPACE_MIB}`)
  const growing = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
    if (Number(young?.space_size) < 2 * SEMI_SPACE_MIB * 1024 * 1024) return
    setFlagsFromString('--semi-space-growth-factor=1')
    clearInterval(growing)
  }, 20).unref()
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
      // A reader that closes the pipe (head, less), or a terminal that is closed (EIO), wants no
      // more output. The command goes on: an apply must end in order.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw outputRefusal(error, name)
    })
  }
  process.exitCode = await run(process.argv.slice(2), context)
}

/** Every relative path starts from it, and Node.js throws wherever one is resolved. */
function hasFolder(): boolean {
  try {
    process.cwd()
    return true
  } catch {
    return false
  }
}
