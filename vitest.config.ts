import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/set-up.ts',
    pool: 'forks',
    // Files of a process share the modules that one of them has loaded: no test replaces any, and to load them takes as long as the tests.
    isolate: false,
    maxWorkers: '100%',
    // V8 keeps a table of pages of compiled code where the processor has memory protection keys, and ends the process (`Check failed:
    // jit_page.has_value()`, SIGTRAP) when threads that start and end upset it: https://github.com/nodejs/node/issues/64500
    execArgv: ['--no-memory-protection-keys'],
    // Nothing is timed: this only ends what hangs, on a machine that is busy with something else.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    restoreMocks: true,
  },
})
