import { ownCorpus } from './teller.ts'

/** A process that lets the folder's teller write, and dies without warning after so many stories; 0 = it lives. */
const [folder = '', file = '', dieAfter = '0'] = process.argv.slice(2)
const { corpus, written } = await ownCorpus(folder, {
  file,
  onStory(count) {
    if (count === Number(dieAfter)) process.kill(process.pid, 'SIGKILL')
  },
})
process.stdout.write(JSON.stringify({ hash: corpus.hash, written }))
