//! One reading for all requests that ask the same thing at the same time.
//!
//! Readings go in rounds. What is asked while a round is under way waits for the next one, so an
//! answer is never older than its question: sharing changes the cost and nothing else.

use std::{collections::HashMap, hash::Hash};

use futures_util::{FutureExt, future::join_all};
use tokio::sync::{mpsc, oneshot};

use crate::problem::Problem;

/// Where questions of one kind are asked.
pub struct SharedReads<K, V> {
    questions: mpsc::UnboundedSender<Question<K, V>>,
}

struct Question<K, V> {
    key: K,
    answer: oneshot::Sender<V>,
}

/// Questions in one round; the rest waits for the next.
const MOST_IN_ROUND: usize = 1024;

impl<K, V> SharedReads<K, V>
where
    K: Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Answers with `read`, once a round for each key, on the runtime of whoever calls this.
    pub fn start<F, Fut>(read: F) -> Self
    where
        F: Fn(K) -> Fut + Send + 'static,
        Fut: Future<Output = V> + Send + 'static,
    {
        Self::start_rounds(move |by_key| {
            let readings = by_key.into_iter().map(|(key, waiting)| {
                let reading = read(key);
                tokio::spawn(async move { tell(waiting, &reading.await) })
            });
            join_all(readings).map(drop)
        })
    }

    /// As [`SharedReads::start`], with one reading for all keys of a round. A key that the reading does
    /// not answer has nobody to answer it.
    pub fn start_in_batches<F, Fut>(read: F) -> Self
    where
        K: Clone,
        F: Fn(Vec<K>) -> Fut + Send + 'static,
        Fut: Future<Output = HashMap<K, V>> + Send + 'static,
    {
        Self::start_rounds(move |mut by_key| {
            let reading = read(by_key.keys().cloned().collect());
            let round = tokio::spawn(async move {
                for (key, value) in reading.await {
                    tell(by_key.remove(&key).unwrap_or_default(), &value);
                }
            });
            round.map(drop)
        })
    }

    fn start_rounds<F, Fut>(answer_round: F) -> Self
    where
        F: Fn(HashMap<K, Vec<oneshot::Sender<V>>>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send,
    {
        let (questions, mut asked) = mpsc::unbounded_channel::<Question<K, V>>();
        tokio::spawn(async move {
            let mut round = Vec::new();
            while asked.recv_many(&mut round, MOST_IN_ROUND).await > 0 {
                let mut by_key: HashMap<K, Vec<oneshot::Sender<V>>> = HashMap::new();
                for Question { key, answer } in round.drain(..) {
                    by_key.entry(key).or_default().push(answer);
                }
                answer_round(by_key).await;
            }
        });
        Self { questions }
    }

    pub async fn ask(&self, key: K) -> Result<V, Problem> {
        let (answer, answered) = oneshot::channel();
        let asked = self.questions.send(Question { key, answer });
        asked.map_err(|_| Problem::internal(Unanswered))?;
        answered.await.map_err(|_| Problem::internal(Unanswered))
    }
}

fn tell<V: Clone>(waiting: Vec<oneshot::Sender<V>>, value: &V) {
    for answer in waiting {
        // Nobody waits any more where a client has gone.
        let _ = answer.send(value.clone());
    }
}

/// The reading panicked, or its runtime has ended.
#[derive(Debug, thiserror::Error)]
#[error("a shared reading did not come to its end")]
struct Unanswered;

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use futures_util::future::join_all;

    use super::SharedReads;

    /// Answers with the number of the reading, in which the value is as old as its beginning.
    fn counted() -> (SharedReads<u8, usize>, Arc<AtomicUsize>) {
        let readings = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&readings);
        let shared = SharedReads::start(move |key: u8| {
            let counter = Arc::clone(&counter);
            async move {
                let value = counter.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                assert_ne!(key, u8::MAX, "the key that fails");
                value
            }
        });
        (shared, readings)
    }

    #[tokio::test]
    async fn what_is_asked_together_is_read_once() {
        let (shared, readings) = counted();
        let answers = join_all((0..100).map(|_| shared.ask(1))).await;
        assert!(answers.iter().all(|answer| *answer.as_ref().unwrap() == 0));
        assert_eq!(readings.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_answer_is_never_older_than_its_question() {
        let (shared, readings) = counted();
        let questions = (0_u64..50).map(|number| {
            let (shared, readings) = (&shared, &readings);
            async move {
                tokio::time::sleep(Duration::from_millis(number)).await;
                let begun_before = readings.load(Ordering::SeqCst);
                let answer = shared.ask(1).await.unwrap();
                assert!(
                    answer >= begun_before,
                    "{answer} was read before it was asked for"
                );
            }
        });
        join_all(questions).await;
        assert!(readings.load(Ordering::SeqCst) < 10);
    }

    #[tokio::test]
    async fn a_reading_that_fails_takes_no_other_with_it() {
        let (shared, _) = counted();
        let (failed, other) = tokio::join!(shared.ask(u8::MAX), shared.ask(1));
        assert!(failed.is_err());
        assert!(other.is_ok());
        assert!(shared.ask(1).await.is_ok());
    }

    #[tokio::test]
    async fn who_goes_away_keeps_nobody_waiting() {
        let (shared, _) = counted();
        let gone = tokio::time::timeout(Duration::from_millis(1), shared.ask(1)).await;
        assert!(gone.is_err());
        assert!(shared.ask(1).await.is_ok());
    }
}
