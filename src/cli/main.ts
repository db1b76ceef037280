#!/usr/bin/env node
// Nothing may be imported before the check: older versions of Node fail to load what the program needs.
const REQUIRED = 24
const major = Number(process.versions.node.split('.')[0])

if (major < REQUIRED) {
  process.stderr.write(
    `workos-migrate needs Node.js ${REQUIRED} or later; this is ${process.versions.node} (${process.execPath}).\n` +
      'Install it from https://nodejs.org, or run: npx -p node@24 -p workos-migrate workos-migrate …\n',
  )
  process.exitCode = 3
} else {
  const { run } = await import('./run.ts')
  const { processContext } = await import('./process-context.ts')
  // A reader that closes the pipe (head, less) ends the output, and is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  process.exitCode = await run(process.argv.slice(2), processContext())
}
