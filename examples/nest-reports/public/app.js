/** The page: uploads a file, follows its report by server-sent events, and shows the result or the error in a sentence. */

const form = element('#upload')
const picker = element('#file')
const start = element('#start')
const sample = element('#sample')
const chosen = element('#chosen')

const count = new Intl.NumberFormat('en')
const euros = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const PHASES = { reading: 'Reading the file', computing: 'Computing', saving: 'Saving' }

picker.addEventListener('change', showChosen)

sample.addEventListener('click', async () => {
  sample.disabled = true
  chosen.textContent = 'Making the sample…'
  try {
    const response = await succeed(await fetch('sample.csv'))
    pick(new File([await response.blob()], 'sample.csv', { type: 'text/csv' }))
  } catch (error) {
    chosen.textContent = sentenceOf(error)
  } finally {
    sample.disabled = false
  }
})

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const [file] = picker.files
  const card = addCard(file.name)
  try {
    card.say('Uploading…')
    const response = await fetch('reports', { method: 'POST', body: file, headers: { 'content-type': 'text/csv' } })
    follow((await (await succeed(response)).json()).id, card)
  } catch (error) {
    card.fail(sentenceOf(error))
  }
})

/** Puts a file into the picker, as if the user had picked it. */
function pick(file) {
  const picked = new DataTransfer()
  picked.items.add(file)
  picker.files = picked.files
  showChosen()
}

function showChosen() {
  const [file] = picker.files
  start.disabled = !file
  chosen.textContent = file ? `${euros.format(file.size / 1e6)} MB` : 'Pick a file, or make a sample.'
}

/** Shows the states of a report until it has ended. A lost connection is opened again, and the server sends the last state. */
function follow(id, card) {
  const events = new EventSource(`reports/${id}/events`)
  card.onCancel(() => fetch(`reports/${id}`, { method: 'DELETE' }))
  events.onmessage = async ({ data }) => {
    const report = JSON.parse(data)
    if (report.state === 'done' || report.state === 'failed') events.close()
    if (report.state === 'failed') card.fail(report.failure.message)
    else if (report.state === 'done') card.finish(report, await statisticsOf(id))
    else card.update(report)
  }
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) card.fail('The server does not know this report any more.')
    else card.say('The connection is lost. Trying again…')
  }
}

async function statisticsOf(id) {
  const response = await fetch(`reports/${id}/statistics?limit=8`)
  return response.ok ? response.json() : []
}

function addCard(name) {
  const card = element('#report').content.cloneNode(true).firstElementChild
  const part = (selector) => card.querySelector(selector)
  const progress = part('progress')
  part('h2').textContent = name
  card.setAttribute('aria-label', name)
  progress.setAttribute('aria-label', `Progress of ${name}`)
  part('.cancel').setAttribute('aria-label', `Cancel the report of ${name}`)
  part('.cancel').disabled = true
  element('#reports').prepend(card)

  /** Screen readers announce the phase when it changes, and not each percent. */
  const say = (phase, detail = '') => {
    if (part('.phase').textContent !== phase) part('.phase').textContent = phase
    part('.detail').textContent = detail
  }
  const end = (state) => {
    card.dataset.state = state
    part('.cancel').hidden = true
    progress.hidden = true
  }
  return {
    say,
    onCancel(cancel) {
      part('.cancel').disabled = false
      part('.cancel').addEventListener('click', () => {
        part('.cancel').disabled = true
        void cancel()
      })
    },
    update({ state, phase, progress: done, pid }) {
      card.dataset.state = state
      card.dataset.pid = pid ?? ''
      progress.value = done * 100
      if (state === 'queued') say('Waiting for a worker process…')
      else say(PHASES[phase], `, ${Math.round(done * 100)} %, in process ${pid}`)
    },
    fail(message) {
      end('failed')
      say('')
      part('.failure').textContent = message
      part('.failure').hidden = false
    },
    finish({ summary, pid }, statistics) {
      end('done')
      say('Done', `, in process ${pid}.`)
      showSummary(part('.summary'), summary)
      part('tbody').replaceChildren(...statistics.map(rowOf))
      part('.scroll').hidden = statistics.length === 0
    },
  }
}

function showSummary(list, { orders, customers, months, total }) {
  const entries = {
    Orders: count.format(orders),
    Customers: count.format(customers),
    Months: count.format(months),
    'Total in euros': euros.format(total / 100),
  }
  for (const [name, value] of Object.entries(entries)) {
    const entry = document.createElement('div')
    entry.append(withText('dt', name), withText('dd', value))
    list.append(entry)
  }
  list.hidden = false
}

function rowOf({ customer, month, orders, ...amounts }) {
  const row = document.createElement('tr')
  const values = [amounts.total, amounts.p50, amounts.p90, amounts.p99].map((cents) => euros.format(cents / 100))
  row.append(...[customer, month, count.format(orders), ...values].map((value) => withText('td', value)))
  return row
}

/** Asks the server for its health each half second: it answers at once, also while reports run. */
async function watchHealth() {
  const line = element('#health')
  const before = performance.now()
  try {
    const { status } = await (await fetch('health')).json()
    line.textContent = `Server: ${status}, answered in ${Math.round(performance.now() - before)} ms.`
  } catch {
    line.textContent = 'The server does not answer.'
  }
  setTimeout(watchHealth, 500)
}
void watchHealth()

async function succeed(response) {
  if (response.ok) return response
  const body = await response.json().catch(() => ({}))
  throw new Error(body.message ?? `The server answered with status ${response.status}.`)
}

/** `fetch` throws a TypeError whose message differs by browser if there is no connection. */
function sentenceOf(error) {
  return error instanceof TypeError ? 'The server cannot be reached.' : error.message
}

function withText(name, text) {
  return Object.assign(document.createElement(name), { textContent: text })
}

function element(selector) {
  return document.querySelector(selector)
}
