import {
  offerService,
  ownerExited,
  RemoteRequest,
  RequestService,
  serveRequest,
  type ServedRequest,
} from '../../src/registry/services'
import { role, type WorkerRole } from '../../src/registry/role'

interface FakeRequest {
  readonly name: string
}

/** Keeps the requests that it serves, and logs what is undone. */
class FakeService extends RequestService<FakeRequest> {
  readonly served = new Map<string, ServedRequest>()
  readonly log: string[] = []

  protected start({ name }: FakeRequest, served: ServedRequest): void {
    if (name === 'bad') throw new RangeError('refused')
    this.served.set(name, served)
    served.waits(() => {
      this.log.push(`cancelled ${name}`)
      served.answer('cancelled')
    })
  }

  grant(name: string): void {
    this.served.get(name)?.grant(`granted ${name}`, () => this.log.push(`returned ${name}`))
  }

  ask(owner: string, number: number, name = `${owner}-${number}`): Promise<unknown> {
    return this.handle(owner, { op: 'wait', number, name }) as Promise<unknown>
  }
}

let service: FakeService
beforeEach(() => (service = new FakeService()))

describe('a request of a worker', () => {
  it('is cancelled by `end` while it waits', async () => {
    const answer = service.ask('1', 1)
    service.handle('1', { op: 'end', number: 1 })
    await expect(answer).resolves.toBe('cancelled')
    expect(service.log).toEqual(['cancelled 1-1'])
  })

  it('returns by `end` what it was granted, once', async () => {
    const answer = service.ask('1', 1)
    service.grant('1-1')
    await expect(answer).resolves.toBe('granted 1-1')
    service.handle('1', { op: 'end', number: 1 })
    service.handle('1', { op: 'end', number: 1 })
    expect(service.log).toEqual(['returned 1-1'])
  })

  it('keeps by `accept` what it was granted, even if its worker exits', () => {
    void service.ask('1', 1)
    service.grant('1-1')
    service.handle('1', { op: 'accept', number: 1 })
    service.ownerExited('1')
    expect(service.log).toEqual([])
  })

  it('is over once it is answered', async () => {
    const answers = [service.ask('1', 1), service.ask('1', 2)]
    service.served.get('1-1')?.answer('yes')
    service.served.get('1-2')?.fail(new Error('no'))
    service.ownerExited('1')
    await expect(answers[0]).resolves.toBe('yes')
    await expect(answers[1]).rejects.toEqual(new Error('no'))
    expect(service.log).toEqual([])
  })

  it('fails with what the service throws', () => {
    expect(() => service.ask('1', 1, 'bad')).toThrow(new RangeError('refused'))
    expect(service.handle('1', { op: 'end', number: 1 })).toBeUndefined()
  })

  it('is not confused with a request of another worker', () => {
    void service.ask('1', 1)
    void service.ask('2', 1)
    service.handle('2', { op: 'end', number: 1 })
    expect(service.log).toEqual(['cancelled 2-1'])
  })
})

it('when a worker exits, its waits are cancelled first, and then its grants are returned, the last one first', () => {
  for (const number of [1, 2, 3, 4]) void service.ask('3', number)
  void service.ask('3/1', 1)
  void service.ask('31', 1)
  for (const name of ['3-3', '3/1-1', '3-1']) service.grant(name)
  service.ownerExited('3')
  expect(service.log).toEqual(['cancelled 3-2', 'cancelled 3-4', 'returned 3-1', 'returned 3/1-1', 'returned 3-3'])
})

it('when a worker exits, those below it keep what they own until they have exited, too', async () => {
  for (const owner of ['3', '3/1']) void service.ask(owner, 1)
  for (const name of ['3-1', '3/1-1']) service.grant(name)
  offerService('fake', service)
  let end!: () => void
  ownerExited('3', new Promise<void>((resolve) => (end = resolve)))
  expect(service.log).toEqual(['returned 3-1'])
  end()
  await Promise.resolve()
  expect(service.log).toEqual(['returned 3-1', 'returned 3/1-1'])
})

it('when a worker of a worker exits, its parent tells whether those below it have exited, too', () => {
  for (const owner of ['3/1', '3/1/2']) {
    void service.ask(owner, 1)
    service.grant(`${owner}-1`)
  }
  offerService('fake', service)
  const exited = (below: boolean) =>
    serveRequest('3', 'pass:fake', { owner: '1', body: undefined, exited: true, below })
  exited(false)
  expect(service.log).toEqual(['returned 3/1-1'])
  exited(true)
  expect(service.log).toEqual(['returned 3/1-1', 'returned 3/1/2-1'])
})

describe('in a worker', () => {
  const sent: unknown[] = []
  beforeEach(() => {
    sent.length = 0
    role.worker = {
      request: (name: string, body: unknown) => {
        sent.push([name, body])
        return Promise.resolve('answer')
      },
      tell: (name: string, body: unknown) => void sent.push([name, body]),
    } as unknown as WorkerRole
  })
  afterEach(() => {
    role.worker = null
  })

  it('a request, its acceptance and its end have the same number', async () => {
    const [first, second] = [new RemoteRequest('fake', { op: 'get' }), new RemoteRequest('fake', { op: 'get' })]
    await expect(first.answer).resolves.toBe('answer')
    first.accept()
    second.end()
    const numbers = sent.map((each) => (each as [string, { number: number }])[1].number)
    expect(numbers[2]).toBe(numbers[0])
    expect(numbers[3]).toBe(numbers[1])
    expect(numbers[1]).not.toBe(numbers[0])
    expect(sent[0]).toEqual(['fake', { op: 'get', number: numbers[0] }])
    expect(sent[2]).toEqual(['fake', { op: 'accept', number: numbers[0] }])
    expect(sent[3]).toEqual(['fake', { op: 'end', number: numbers[1] }])
  })

  it('an acceptance is confirmed in a worker of a worker, and only there', async () => {
    role.worker = { ...(role.worker as WorkerRole), depth: 1 }
    expect(new RemoteRequest('fake', { op: 'get' }).accept()).toBeUndefined()
    role.worker = { ...role.worker, depth: 2 }
    await expect(new RemoteRequest('fake', { op: 'get' }).accept()).resolves.toBe('answer')
  })

  it('the exit of a worker below it is reported to the parent, with whether those below that have exited, too', async () => {
    offerService('fake', service)
    ownerExited('1', Promise.resolve())
    await Promise.resolve()
    const reports = sent.filter((each) => (each as [string])[0] === 'pass:fake')
    expect(reports).toEqual([
      ['pass:fake', { owner: '1', body: undefined, exited: true, below: false }],
      ['pass:fake', { owner: '1', body: undefined, exited: true, below: true }],
    ])
  })
})

it('a request outside a worker is rejected', async () => {
  await expect(new RemoteRequest('fake', { op: 'get' }).answer).rejects.toThrow('This thread is not a worker.')
})
