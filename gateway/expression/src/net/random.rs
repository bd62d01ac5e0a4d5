//! `System.Random`: .NET's generator for a given seed, the host's randomness without one.

use std::cell::{Cell, RefCell};

use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::Builder;

/// Knuth's subtractive generator as .NET has it.
pub struct Generator {
    state: RefCell<[i32; 56]>,
    next: Cell<usize>,
    nextp: Cell<usize>,
}

const MBIG: i32 = i32::MAX;
const MSEED: i32 = 161_803_398;

impl Generator {
    fn new(seed: i32) -> Self {
        let mut state = [0; 56];
        let subtraction = if seed == i32::MIN { i32::MAX } else { seed.abs() };
        let mut mj = MSEED.wrapping_sub(subtraction);
        state[55] = mj;
        let mut mk: i32 = 1;
        for i in 1..55 {
            let ii = (21 * i) % 55;
            state[ii] = mk;
            mk = mj.wrapping_sub(mk);
            if mk < 0 {
                mk = mk.wrapping_add(MBIG);
            }
            mj = state[ii];
        }
        for _ in 1..5 {
            for i in 1..56 {
                state[i] = state[i].wrapping_sub(state[1 + (i + 30) % 55]);
                if state[i] < 0 {
                    state[i] = state[i].wrapping_add(MBIG);
                }
            }
        }
        Self { state: RefCell::new(state), next: Cell::new(0), nextp: Cell::new(21) }
    }

    fn sample(&self) -> i32 {
        let step = |cell: &Cell<usize>| {
            cell.set(if cell.get() + 1 >= 56 { 1 } else { cell.get() + 1 });
            cell.get()
        };
        let (at, from) = (step(&self.next), step(&self.nextp));
        let mut state = self.state.borrow_mut();
        let mut value = state[at].wrapping_sub(state[from]);
        if value == MBIG {
            value -= 1;
        }
        if value < 0 {
            value = value.wrapping_add(MBIG);
        }
        state[at] = value;
        value
    }

    fn double(&self) -> f64 {
        f64::from(self.sample()) * (1.0 / f64::from(MBIG))
    }
}

fn this<'a>(a: Args<'_, 'a>) -> Option<&'a Generator> {
    match a.object(0) {
        Some(Object::Random(generator)) => Some(generator),
        _ => None,
    }
}

#[allow(clippy::cast_possible_truncation)]
fn between(generator: &Generator, min: i32, max: i32) -> i32 {
    let range = i64::from(max) - i64::from(min);
    if range <= i64::from(i32::MAX) {
        return (generator.double() * range as f64) as i32 + min;
    }
    let mut sample = generator.sample();
    if generator.sample() % 2 == 0 {
        sample = -sample;
    }
    let share = (f64::from(sample) + f64::from(i32::MAX - 1)) / (2.0 * f64::from(i32::MAX) - 1.0);
    ((share * range as f64) as i64 + i64::from(min)) as i32
}

fn next<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, min: i32, max: i32) -> Eval<'a> {
    let Some(generator) = this(a) else { return cx.null_reference() };
    Ok(Value::Int(between(generator, min, max)))
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System", "class Random", |t| {
        #[allow(clippy::cast_possible_truncation)]
        t.add("new()", |cx, _| {
            let seed = cx.host.random() as i32;
            cx.new_object(Object::Random(Generator::new(seed)))
        })
        .add("new(int Seed)", |cx, a| cx.new_object(Object::Random(Generator::new(a.int(0)))))
        .add("int Next()", |cx, a| match this(a) {
            Some(generator) => Ok(Value::Int(generator.sample())),
            None => cx.null_reference(),
        })
        .add("int Next(int maxValue)", |cx, a| match a.int(1) {
            max if max < 0 => cx.out_of_range("maxValue", "'maxValue' must be greater than zero."),
            max => next(cx, a, 0, max),
        })
        .add("int Next(int minValue, int maxValue)", |cx, a| match (a.int(1), a.int(2)) {
            (min, max) if min > max => {
                cx.out_of_range("minValue", "'minValue' cannot be greater than maxValue.")
            }
            (min, max) => next(cx, a, min, max),
        })
        .add("double NextDouble()", |cx, a| match this(a) {
            Some(generator) => Ok(Value::Double(generator.double())),
            None => cx.null_reference(),
        })
        .add("void NextBytes(byte[] buffer)", |cx, a| {
            let (Some(generator), Some(Object::Bytes(bytes))) = (this(a), a.object(1)) else {
                return cx.argument_null("buffer");
            };
            cx.work(bytes.len() * 16)?;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            bytes.cells().iter().for_each(|cell| cell.set((generator.sample() % 256) as u8));
            Ok(Value::Null)
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_numbers_are_those_of_dotnet() {
        let generator = Generator::new(42);
        let first: Vec<i32> = (0..5).map(|_| between(&generator, 0, 100)).collect();
        assert_eq!(first, [66, 14, 12, 52, 16]);
    }
}
