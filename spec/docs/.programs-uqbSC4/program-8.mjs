import { process } from 'pebble-ts';
async function add(a, b) {
    return a + b;
}
const addInProcess = process(add, { timeout: 5_000 });
const future = addInProcess(20, 22);
console.log(await future, future.pid !== null);
// → 42 true
