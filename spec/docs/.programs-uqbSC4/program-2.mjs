var __runInitializers = (this && this.__runInitializers) || function (thisArg, initializers, value) {
    var useValue = arguments.length > 2;
    for (var i = 0; i < initializers.length; i++) {
        value = useValue ? initializers[i].call(thisArg, value) : initializers[i].call(thisArg);
    }
    return useValue ? value : void 0;
};
var __esDecorate = (this && this.__esDecorate) || function (ctor, descriptorIn, decorators, contextIn, initializers, extraInitializers) {
    function accept(f) { if (f !== void 0 && typeof f !== "function") throw new TypeError("Function expected"); return f; }
    var kind = contextIn.kind, key = kind === "getter" ? "get" : kind === "setter" ? "set" : "value";
    var target = !descriptorIn && ctor ? contextIn["static"] ? ctor : ctor.prototype : null;
    var descriptor = descriptorIn || (target ? Object.getOwnPropertyDescriptor(target, contextIn.name) : {});
    var _, done = false;
    for (var i = decorators.length - 1; i >= 0; i--) {
        var context = {};
        for (var p in contextIn) context[p] = p === "access" ? {} : contextIn[p];
        for (var p in contextIn.access) context.access[p] = contextIn.access[p];
        context.addInitializer = function (f) { if (done) throw new TypeError("Cannot add initializers after decoration has completed"); extraInitializers.push(accept(f || null)); };
        var result = (0, decorators[i])(kind === "accessor" ? { get: descriptor.get, set: descriptor.set } : descriptor[key], context);
        if (kind === "accessor") {
            if (result === void 0) continue;
            if (result === null || typeof result !== "object") throw new TypeError("Object expected");
            if (_ = accept(result.get)) descriptor.get = _;
            if (_ = accept(result.set)) descriptor.set = _;
            if (_ = accept(result.init)) initializers.unshift(_);
        }
        else if (_ = accept(result)) {
            if (kind === "field") initializers.unshift(_);
            else descriptor[key] = _;
        }
    }
    if (target) Object.defineProperty(target, contextIn.name, descriptor);
    done = true;
};
import { exit } from 'node:process';
import { futureOf, process, ProcessExpired, TimeoutError } from 'pebble-ts';
let Fragile = (() => {
    let _instanceExtraInitializers = [];
    let _hang_decorators;
    let _crash_decorators;
    let _dream_decorators;
    return class Fragile {
        static {
            const _metadata = typeof Symbol === "function" && Symbol.metadata ? Object.create(null) : void 0;
            _hang_decorators = [process({ timeout: 300 })];
            _crash_decorators = [process];
            _dream_decorators = [process];
            __esDecorate(this, null, _hang_decorators, { kind: "method", name: "hang", static: false, private: false, access: { has: obj => "hang" in obj, get: obj => obj.hang }, metadata: _metadata }, null, _instanceExtraInitializers);
            __esDecorate(this, null, _crash_decorators, { kind: "method", name: "crash", static: false, private: false, access: { has: obj => "crash" in obj, get: obj => obj.crash }, metadata: _metadata }, null, _instanceExtraInitializers);
            __esDecorate(this, null, _dream_decorators, { kind: "method", name: "dream", static: false, private: false, access: { has: obj => "dream" in obj, get: obj => obj.dream }, metadata: _metadata }, null, _instanceExtraInitializers);
            if (_metadata) Object.defineProperty(this, Symbol.metadata, { enumerable: true, configurable: true, writable: true, value: _metadata });
        }
        async hang() {
            for (;;)
                ;
        }
        async crash() {
            exit(7);
        }
        async dream() {
            await new Promise((resolve) => setTimeout(resolve, 3_600_000));
        }
        constructor() {
            __runInitializers(this, _instanceExtraInitializers);
        }
    };
})();
const fragile = new Fragile();
const late = await fragile.hang().catch((error) => error);
console.log(late instanceof TimeoutError && late.timeout);
const dead = await fragile.crash().catch((error) => error);
console.log(dead instanceof ProcessExpired && dead.exitCode);
const dreaming = futureOf(fragile.dream());
console.log(dreaming.cancel(), dreaming.cancelled());
// → 300
// → 7
// → true true
