import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/set-up.ts',
    setupFiles: 'test/fuzz/seed.ts',
    pool: 'forks',
    // Files of a process share the modules that one of them has loaded: no test replaces any, and
    // to load them takes as long as the tests.
    isolate: false,
    maxWorkers: '100%',
    // See src/cli/main.ts.
    execArgv: ['--no-wasm-code-gc'],
    // Nothing is timed: this only ends what hangs, on a machine that is busy with something else.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    restoreMocks: true,
  },
})
