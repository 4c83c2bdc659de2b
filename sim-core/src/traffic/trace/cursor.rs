//! A trace being played.

use super::{FeedError, Placement, RepeatSpec, TraceFeed, TraceRow, TraceSpec};
use crate::engine::{Span, Time};
use crate::random::{Draw, Luck, Purpose, open01, owner_key, round_at_random};
use crate::traffic::{HORIZON, Origin, WorkGiven};

/// Plays a trace: holds the row in play and the one after it.
#[derive(Debug)]
pub(crate) struct Cursor {
    feed: Box<dyn TraceFeed>,
    file: String,
    luck: Luck,
    owner: u64,
    scale: f64,
    stretch: f64,
    from: Span,
    to: Option<Span>,
    placement: Placement,
    /// How many more times the trace may be played after this one; `None` for ever.
    repetitions: Option<u32>,
    /// Where this pass began, in the run's time.
    pass: Time,
    /// Rows of the pass that lie in the window, their requests before scaling, and where the last of them ends in the trace's time.
    rows_in_pass: u64,
    requests_in_pass: u64,
    pass_end: Span,
    /// Rows over all passes: what a row's draws are named by.
    row: u64,
    upcoming: Option<TraceRow>,
    group: Group,
}

/// The requests of one row, laid out between `from` and `to`.
#[derive(Debug)]
struct Group {
    from: Time,
    to: Time,
    total: u64,
    done: u64,
    /// How much of the stretch is passed, where the instants are random.
    share: f64,
    layout: Layout,
    work: WorkGiven,
    draw: Draw,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Layout {
    /// Equal distances, half of one before the first.
    Even,
    /// Independent random instants, in order.
    Random,
    /// The first at the start, the others at random: the copies of one request.
    Copies,
}

impl Cursor {
    /// A cursor at the start of the trace behind `feed`.
    pub(crate) fn new(spec: &TraceSpec, origin: &Origin<'_>, feed: Box<dyn TraceFeed>) -> Self {
        let owner = owner_key(origin.name);
        Cursor {
            feed,
            file: spec.file.clone(),
            luck: origin.luck,
            owner,
            scale: spec.scale,
            stretch: spec.stretch,
            from: spec.window.map_or(Span::ZERO, |window| window.from),
            to: spec.window.map(|window| window.to),
            placement: spec.placement(),
            repetitions: match spec.repeat {
                RepeatSpec::Once => Some(0),
                RepeatSpec::Times(times) => Some(times - 1),
                RepeatSpec::Forever => None,
            },
            pass: Time::ZERO,
            rows_in_pass: 0,
            requests_in_pass: 0,
            pass_end: Span::ZERO,
            row: 0,
            upcoming: None,
            group: Group::empty(origin.luck.counted(Purpose::TracePlacement, owner, 0)),
        }
    }

    /// The next request.
    pub(crate) fn next(&mut self) -> Result<Option<(Time, WorkGiven)>, FeedError> {
        while self.group.done == self.group.total {
            let row = match self.upcoming.take() {
                Some(row) => Some(row),
                None => self.read()?,
            };
            match row {
                Some(row) => self.play(row)?,
                None if self.start_again()? => {}
                None => return Ok(None),
            }
        }
        Ok(Some((self.group.next(), self.group.work)))
    }

    /// The next row inside the window.
    fn read(&mut self) -> Result<Option<TraceRow>, FeedError> {
        while let Some(row) = self.feed.next()? {
            let (begin, end, requests) = match row {
                TraceRow::Request { at, .. } => (at, at, 1),
                TraceRow::Count { start, length, requests } => (start, start + length, requests),
            };
            if self.to.is_some_and(|to| begin >= to) {
                return Ok(None);
            }
            if begin >= self.from {
                if end < self.pass_end {
                    return Err(FeedError::new(&self.file, "the rows are not in order of time"));
                }
                self.pass_end = end;
                self.rows_in_pass += 1;
                self.requests_in_pass += requests;
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Lays out the requests of `row`.
    fn play(&mut self, row: TraceRow) -> Result<(), FeedError> {
        let draw = self.luck.counted(Purpose::TracePlacement, self.owner, self.row);
        let group = match row {
            TraceRow::Count { start, length, requests } => {
                let layout = match self.placement {
                    Placement::Poisson => Layout::Random,
                    Placement::Uniform => Layout::Even,
                };
                let (from, to) = (self.instant(start), self.instant(start + length));
                let total = self.scaled(requests);
                Group { from, to, total, done: 0, share: 0.0, layout, work: WorkGiven::default(), draw }
            }
            TraceRow::Request { at, work } => {
                let total = self.scaled(1);
                let from = self.instant(at);
                let to = if total > 1 { self.copies_end(from)? } else { from };
                Group { from, to, total, done: 0, share: 0.0, layout: Layout::Copies, work, draw }
            }
        };
        self.group = group;
        self.row += 1;
        Ok(())
    }

    /// Copies of a request spread up to the next row, those of the last row not at all.
    fn copies_end(&mut self, from: Time) -> Result<Time, FeedError> {
        self.upcoming = self.read()?;
        Ok(match self.upcoming {
            Some(TraceRow::Request { at, .. }) => self.instant(at),
            _ => from,
        })
    }

    fn instant(&self, at: Span) -> Time {
        let since_window = at - self.from;
        self.pass + if self.stretch == 1.0 { since_window } else { since_window.scaled(self.stretch) }
    }

    fn scaled(&self, requests: u64) -> u64 {
        if self.scale.fract() == 0.0 {
            return requests * self.scale as u64;
        }
        let mut draw = self.luck.counted(Purpose::TraceRounding, self.owner, self.row);
        round_at_random(requests as f64 * self.scale, &mut draw)
    }

    /// Begins the next pass, if there is one.
    fn start_again(&mut self) -> Result<bool, FeedError> {
        // A trace without requests would be played for ever without ever giving one.
        if self.repetitions == Some(0) || self.requests_in_pass == 0 || self.pass >= HORIZON {
            return Ok(false);
        }
        self.repetitions = self.repetitions.map(|left| left - 1);
        let end = self.to.unwrap_or_else(|| self.natural_end());
        if end == self.from {
            return Err(FeedError::new(&self.file, "a trace without duration cannot be repeated"));
        }
        self.pass = self.instant(end);
        self.rows_in_pass = 0;
        self.requests_in_pass = 0;
        self.pass_end = Span::ZERO;
        self.feed.rewind()?;
        Ok(true)
    }

    /// Where the last interval ends, or one mean interval after the last request.
    fn natural_end(&self) -> Span {
        let covered = self.pass_end - self.from;
        let requests = matches!(self.group.layout, Layout::Copies);
        let tail = if requests { covered / (self.rows_in_pass - 1).max(1) } else { Span::ZERO };
        self.pass_end + tail
    }
}

impl Group {
    fn empty(draw: Draw) -> Self {
        Group {
            from: Time::ZERO,
            to: Time::ZERO,
            total: 0,
            done: 0,
            share: 0.0,
            layout: Layout::Even,
            work: WorkGiven::default(),
            draw,
        }
    }

    fn next(&mut self) -> Time {
        let length = (self.to - self.from).nanos();
        let offset = match self.layout {
            Layout::Even => {
                let numerator = u128::from(length) * (2 * u128::from(self.done) + 1);
                (numerator / (2 * u128::from(self.total))) as u64
            }
            Layout::Copies if self.done == 0 => 0,
            Layout::Random | Layout::Copies => self.next_random(length),
        };
        self.done += 1;
        self.from + Span::from_nanos(offset)
    }

    /// The least of the k instants still to come, uniform over what is left, lies beyond a share x of it with
    /// probability (1 - x)^k: so n ordered instants come one by one, without being held.
    fn next_random(&mut self, length: u64) -> u64 {
        let left = (self.total - self.done) as f64;
        let step = -libm::expm1(libm::log(open01(&mut self.draw)) / left);
        self.share += (1.0 - self.share) * step;
        ((self.share * length as f64) as u64).min(length.saturating_sub(1))
    }
}
