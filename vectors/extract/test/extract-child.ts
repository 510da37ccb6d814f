import { obtainTold } from './told-organism.ts'

/** A process that makes the set of a folder, and dies without warning once it has read so many texts itself; 0 = it lives. */
const [folder = '', dieAfter = '0'] = process.argv.slice(2)
let read = 0
const { path, isNew } = await obtainTold(folder, {
  onProgress({ texts, resumedTexts }) {
    read = texts - resumedTexts
    if (read > 0 && read === Number(dieAfter)) process.kill(process.pid, 'SIGKILL')
  },
})
process.stdout.write(JSON.stringify({ path, isNew, read }))
