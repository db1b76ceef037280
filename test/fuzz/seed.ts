import fc from 'fast-check'

/**
 * Properties use the same values in every run, so that only a change makes one fail. With FUZZ_RUNS
 * they use new values; a failure prints its seed and path.
 */
if (process.env.FUZZ_RUNS === undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_129 })
