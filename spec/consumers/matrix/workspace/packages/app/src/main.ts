/** The class with the decorated methods is in another package; a class of this one overrides what its bodies call. */
import { Reports } from '@acme/reports'
import { facts } from './facts.js'

class Louder extends Reports {
  override unitOf(): string {
    return super.unitOf().toUpperCase()
  }
}

const seen = await facts()
const overridden = [await new Louder('bytes').sizeInThread('a'), await new Louder('bytes').size('a')]
console.log(JSON.stringify({ ...seen, overridden }))
