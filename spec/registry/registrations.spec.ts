import {
  onRegistration,
  register,
  registrationOf,
  registrationsNamed,
  registrationsOfOwner,
  type Registration,
} from '../../src/registry/registrations'

// Keys are numbered from the first definition in the file, so this one must be at the top level.
const twice = [1, 2].map((value) => define('looped', () => value))
const other = define('looped', () => 3)
const named = define('named', function named() {})

describe('registrations', () => {
  it('are found by their wrapper', () => {
    expect(registrationOf(named.wrapper)).toBe(named)
    expect(registrationOf(() => {})).toBeUndefined()
    expect(registrationOf({})).toBeUndefined()
  })

  it('are numbered by position, and in order at one position', () => {
    const places = [...twice, other].map(({ key: { ordinal, sequence } }) => ({ ordinal, sequence }))
    expect(places).toEqual([
      { ordinal: 0, sequence: 0 },
      { ordinal: 0, sequence: 1 },
      { ordinal: 1, sequence: 0 },
    ])
  })

  it('have a hash that differs with the text of the body', () => {
    expect(twice[0]?.key.hash).toBe(twice[1]?.key.hash)
    expect(twice[0]?.key.hash).not.toBe(other.key.hash)
  })

  it('are listed by module, holder and member', () => {
    expect(registrationsNamed(other.key)).toEqual([...twice, other])
    expect(registrationsNamed({ ...other.key, holder: 'static' })).toEqual([])
  })

  it('have the name of the class once the owner is known', () => {
    class Pdf {}
    const method = define('render', () => 1)
    expect(method.key.className).toBe('')
    method.owner = Pdf.prototype
    expect(method.key.className).toBe('Pdf')
    expect(method.label).toBe('`render` of registrations.spec.ts')
    expect(registrationsOfOwner(Pdf.prototype)).toEqual([method])
  })

  it('of classes that functions define after load are not kept', () => {
    const late = define('late', () => 1)
    expect(late.key.topLevel).toBe(false)
    expect(registrationsNamed(late.key)).toEqual([])
  })

  it('are reported to listeners', () => {
    const listener = jest.fn()
    const stop = onRegistration(listener)
    define('heard', () => 1)
    stop()
    define('heard', () => 1)
    expect(listener).toHaveBeenCalledTimes(1)
  })
})

function define(name: string, original: () => unknown): Registration {
  return register({ name, holder: 'instance', original, wrapper: () => {}, below: define })
}
