//! Requests in flight, found again by their opaque in one step.

use crate::wire::template::{OPAQUE_BASE, OPAQUE_COUNT};

/// Requests one worker can have in flight.
pub const FLIGHTS_MAX: u32 = 65_536;

/// How often a place is used before an opaque comes again.
const GENERATIONS: u32 = OPAQUE_COUNT / FLIGHTS_MAX;

/// A request without an answer yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flight {
    /// Number of the message in its run.
    pub sequence: u64,
    /// When it was due, nanoseconds of the run's clock.
    pub due: u64,
    /// The queue it goes to.
    pub queue: u32,
    /// The connection it went over.
    pub lane: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    flight: Option<Flight>,
    generation: u32,
}

/// The requests in flight of one worker. Memory: fixed, for the depth it was made with.
#[derive(Debug)]
pub struct Flights {
    places: Vec<Place>,
    free: Vec<u32>,
}

impl Flights {
    /// Room for `depth` requests, at most [`FLIGHTS_MAX`].
    pub fn new(depth: u32) -> Self {
        let depth = depth.min(FLIGHTS_MAX);
        let places = (0..depth).map(|_| Place::default()).collect();
        Self { places, free: (0..depth).rev().collect() }
    }

    /// Whether one more fits.
    pub fn has_room(&self) -> bool {
        !self.free.is_empty()
    }

    /// How many have no answer.
    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Keeps a request; yields its opaque, or nothing when the depth is reached.
    pub fn start(&mut self, flight: Flight) -> Option<u32> {
        let at = self.free.pop()?;
        let place = self.places.get_mut(usize::try_from(at).ok()?)?;
        place.generation = (place.generation + 1) % GENERATIONS;
        place.flight = Some(flight);
        Some(OPAQUE_BASE + place.generation * FLIGHTS_MAX + at)
    }

    /// The request that an answer belongs to; nothing if it has been answered or never was.
    pub fn land(&mut self, opaque: i32) -> Option<Flight> {
        let number = u32::try_from(opaque).ok()?.checked_sub(OPAQUE_BASE)?;
        let at = number % FLIGHTS_MAX;
        let place = self.places.get_mut(usize::try_from(at).ok()?)?;
        if place.generation != number / FLIGHTS_MAX {
            return None;
        }
        let flight = place.flight.take()?;
        self.free.push(at);
        Some(flight)
    }

    /// Gives up the requests that `lost` picks; yields them.
    pub fn abandon(&mut self, lost: impl Fn(&Flight) -> bool) -> Vec<Flight> {
        let mut gone = Vec::new();
        for (at, place) in (0..).zip(&mut self.places) {
            if let Some(flight) = place.flight.take_if(|flight| lost(flight)) {
                gone.push(flight);
                self.free.push(at);
            }
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flight(sequence: u64) -> Flight {
        Flight { sequence, ..Flight::default() }
    }

    #[test]
    fn each_answer_finds_its_request_once() {
        let mut flights = Flights::new(2);
        let first = flights.start(flight(1)).unwrap();
        let second = flights.start(flight(2)).unwrap();
        assert_eq!(flights.start(flight(3)), None);
        assert_eq!(flights.land(i32::try_from(second).unwrap()), Some(flight(2)));
        assert_eq!(flights.land(i32::try_from(second).unwrap()), None);
        let third = flights.start(flight(3)).unwrap();
        assert_ne!(third, second, "a late answer to the second must not land the third");
        assert_eq!(flights.land(i32::try_from(second).unwrap()), None);
        assert_eq!(flights.land(i32::try_from(first).unwrap()), Some(flight(1)));
        assert_eq!(flights.land(-1), None);
        assert_eq!(flights.land(0), None);
        assert_eq!(flights.land(i32::MAX), None);
        assert_eq!(flights.len(), 1);
    }

    #[test]
    fn opaques_keep_ten_digits() {
        let mut flights = Flights::new(1);
        for sequence in 0..40_000 {
            let opaque = flights.start(flight(sequence)).unwrap();
            assert!((OPAQUE_BASE..OPAQUE_BASE + OPAQUE_COUNT).contains(&opaque));
            assert!(flights.land(i32::try_from(opaque).unwrap()).is_some());
        }
    }

    #[test]
    fn abandoned_requests_make_room() {
        let mut flights = Flights::new(3);
        for sequence in 0..3 {
            flights.start(flight(sequence)).unwrap();
        }
        let gone = flights.abandon(|flight| flight.sequence != 1);
        assert_eq!((gone.len(), flights.len()), (2, 1));
        assert!(flights.has_room());
    }
}
