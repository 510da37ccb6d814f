import fc from 'fast-check'

/** Laws are tried on the same cases in every run, so that a red build can be repeated; FC_SEED=… tries others. */
fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_261_123) })
